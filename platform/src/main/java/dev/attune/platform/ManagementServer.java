package dev.attune.platform;

import io.javalin.Javalin;
import io.javalin.http.Context;
import io.javalin.http.HttpStatus;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.eclipse.jetty.util.thread.QueuedThreadPool;

/**
 * Health and metrics over HTTP, on a port of its own: {@code /livez} (restart me when it is not
 * 200), {@code /readyz} (200 while every service does its work) and {@code /metrics} (Prometheus
 * text). It needs no authentication and shows no user data: keep the port inside the cluster.
 */
public final class ManagementServer implements AutoCloseable {
  public static final ConfigKey<String> HOST =
      ConfigKey.string("management.host", "0.0.0.0", "The address to listen on.");

  public static final ConfigKey<Integer> PORT =
      ConfigKey.integer("management.port", 8080, 0, 65_535, "The port; 0 takes a free one.");

  private static final String PROMETHEUS_TEXT = "text/plain; version=0.0.4; charset=utf-8";

  /** Jetty wants one to accept, one to select and some to answer; probes and scrapes are few. */
  private static final int THREADS = 6;

  private static final Duration IDLE = Duration.ofMinutes(1);

  private final Javalin server;

  private ManagementServer(Javalin server) {
    this.server = server;
  }

  public static List<ConfigKey<?>> keys() {
    return List.of(HOST, PORT);
  }

  /** Listens on the loopback address. */
  public static ManagementServer start(
      int port, PrometheusMeterRegistry meters, List<? extends Service> services) {
    return start("127.0.0.1", port, meters, services);
  }

  /**
   * Listens until closed.
   *
   * @param port 0: a free one
   * @param services whose health is shown; they are not started or closed here
   * @throws ConfigException if the port is taken
   */
  public static ManagementServer start(
      String host, int port, PrometheusMeterRegistry meters, List<? extends Service> services) {
    List<Service> watched = List.copyOf(services);
    Javalin server =
        Javalin.create(
            config -> {
              config.showJavalinBanner = false;
              config.startupWatcherEnabled = false;
              config.jetty.threadPool =
                  new QueuedThreadPool(THREADS, 1, Math.toIntExact(IDLE.toMillis()));
            });
    server.get("/livez", context -> answer(context, watched, Service::live));
    server.get("/readyz", context -> answer(context, watched, Service::ready));
    server.get("/metrics", context -> context.contentType(PROMETHEUS_TEXT).result(meters.scrape()));
    try {
      server.start(host, port);
    } catch (RuntimeException e) {
      server.stop();
      throw new ConfigException(
          "cannot listen on %s port %d (%s, %s)".formatted(host, port, HOST.name(), PORT.name()),
          e);
    }
    return new ManagementServer(server);
  }

  /** The port that it listens on. */
  public int port() {
    return server.port();
  }

  @Override
  public void close() {
    server.stop();
  }

  private static void answer(Context context, List<Service> services, Predicate<Service> healthy) {
    Map<String, Boolean> states = new TreeMap<>();
    services.forEach(service -> states.put(service.name(), healthy.test(service)));
    boolean all = !states.containsValue(false);
    StringBuilder body = new StringBuilder();
    states.forEach(
        (name, ok) -> body.append(name).append(' ').append(ok ? "ok" : "not ok").append('\n'));
    context
        .status(all ? HttpStatus.OK : HttpStatus.SERVICE_UNAVAILABLE)
        .contentType("text/plain; charset=utf-8")
        .result(body.toString());
  }
}
