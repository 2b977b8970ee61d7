package dev.attune.scorer.http;

import com.sun.management.UnixOperatingSystemMXBean;
import dev.attune.platform.ConfigException;
import dev.attune.scorer.core.DirectScoring;
import dev.attune.scorer.core.PreferenceSink;
import dev.attune.scorer.metrics.DoorMetrics;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The synchronous door: {@code POST /v1/score}, {@code POST /v1/preferences} and {@code GET
 * /openapi.json} over HTTP/1.1, as docs/scorer.md describes them.
 *
 * <p>It is a Jetty of its own, without Javalin: Javalin reads bodies and writes answers on a thread
 * that waits, and a few slow clients would take them all. Here a request holds a thread only while
 * it is parsed or its answer is written out; see {@link Connections} for what becomes of slow
 * clients. Answers are made on the door's threads, rewards on the scorer's own. {@link #close} may
 * be called from any thread and more than once.
 */
public final class ScoringDoor implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ScoringDoor.class);
  private static final int HEADER_BYTES = 8192;
  private static final int BACKLOG = 1024;
  private static final int KEPT_THREADS = 4;
  private static final Duration THREAD_IDLE = Duration.ofMinutes(1);
  private static final Duration SWEEP = Duration.ofSeconds(1);

  /** A client whose body is late is told so before its connection is closed. */
  private static final Duration GRACE = Duration.ofSeconds(1);

  private final Server server;
  private final ServerConnector connector;
  private final Connections<Connection> connections;
  private final ScheduledExecutorService sweeper;
  private final Duration closeTimeout;

  private ScoringDoor(
      Server server,
      ServerConnector connector,
      Connections<Connection> connections,
      DoorConfig config) {
    this.server = server;
    this.connector = connector;
    this.connections = connections;
    this.closeTimeout = config.timeout();
    sweeper =
        Executors.newSingleThreadScheduledExecutor(
            task -> {
              Thread thread = new Thread(task, "scorer-http-sweeper");
              thread.setDaemon(true);
              return thread;
            });
    long period =
        Math.min(
            SWEEP.toMillis(),
            Math.min(config.requestTimeout().toMillis(), config.idleTimeout().toMillis()) / 2);
    sweeper.scheduleWithFixedDelay(connections::sweep, period, period, TimeUnit.MILLISECONDS);
  }

  /**
   * Listens until closed.
   *
   * @param scoring answers requests
   * @param preferences takes events; neither is closed here
   * @throws ConfigException if the port is taken
   */
  public static ScoringDoor open(
      DoorConfig config, DirectScoring scoring, PreferenceSink preferences, DoorMetrics metrics) {
    QueuedThreadPool threads =
        new QueuedThreadPool(
            config.threads(), KEPT_THREADS, Math.toIntExact(THREAD_IDLE.toMillis()));
    threads.setName("scorer-http");
    Server server = new Server(threads);
    server.setErrorHandler(new ProblemPages());
    Connections<Connection> connections =
        new Connections<>(
            connections(config.maxConnections()),
            config.requestTimeout().plus(GRACE),
            config.idleTimeout(),
            System::nanoTime,
            Connection::close,
            metrics);
    JsonBody json = new JsonBody(config.maxBodyBytes());
    Map<Route, Semaphore> places =
        Map.of(
            Route.SCORE, new Semaphore(config.maxInFlight()),
            Route.PREFERENCES, new Semaphore(config.maxInFlight()));
    BufferBudget budget = new BufferBudget(config.maxBufferedBytes());
    DoorHandler handler =
        new DoorHandler(
            config,
            Map.of(
                Route.SCORE,
                new ScoreRoute(json, scoring, config.timeout(), InstantSource.system(), threads),
                Route.PREFERENCES,
                new PreferencesRoute(json, preferences, config.timeout())),
            openApi(),
            places,
            budget,
            connections::draining,
            threads,
            metrics);
    server.setHandler(handler);
    ServerConnector connector = connector(server, config);
    connector.addBean(new ConnectionListener(connections, metrics));
    server.addConnector(connector);
    try {
      server.start();
    } catch (Exception e) {
      stop(server);
      throw new ConfigException(
          "cannot listen on %s port %d (scorer.http.host, scorer.http.port)"
              .formatted(config.host(), config.port()),
          e);
    }
    metrics.watch(connections::count, budget::held);
    places.forEach(
        (route, free) ->
            metrics.watch(route.tag(), () -> config.maxInFlight() - free.availablePermits()));
    return new ScoringDoor(server, connector, connections, config);
  }

  /** The port that it listens on. */
  public int port() {
    return connector.getLocalPort();
  }

  /**
   * Takes no more requests, lets those that are here as a whole end within {@code
   * scorer.http.timeout}, and closes.
   */
  @Override
  public void close() {
    connector.close();
    try {
      if (server.isRunning() && !connections.drain(closeTimeout)) {
        LOG.atWarn()
            .addKeyValue("connections", connections.count())
            .log("requests did not end in time");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      sweeper.shutdownNow();
      stop(server);
    }
  }

  private static ServerConnector connector(Server server, DoorConfig config) {
    HttpConfiguration http = new HttpConfiguration();
    http.setRequestHeaderSize(HEADER_BYTES);
    http.setSendServerVersion(false);
    ServerConnector connector = new ServerConnector(server, 1, 1, new HttpConnectionFactory(http));
    connector.setHost(config.host());
    connector.setPort(config.port());
    connector.setAcceptQueueSize(BACKLOG);
    // Of silent connections; the sweeper knows the others, and this one too.
    connector.setIdleTimeout(
        Math.max(config.idleTimeout().toMillis(), config.requestTimeout().toMillis()));
    return connector;
  }

  /** So many as are wanted, or as the process has file descriptors for. */
  private static int connections(int wanted) {
    if (ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean process) {
      long free = process.getMaxFileDescriptorCount() - process.getOpenFileDescriptorCount();
      long most = free * 3 / 4;
      if (most < wanted) {
        LOG.atWarn()
            .addKeyValue("wanted", wanted)
            .addKeyValue("connections", most)
            .log("the process may open too few files for scorer.http.max-connections");
        return Math.toIntExact(Math.max(most, 1));
      }
    }
    return wanted;
  }

  private static void stop(Server server) {
    try {
      server.stop();
    } catch (Exception e) {
      LOG.atWarn().setCause(e).log("the door did not close orderly");
    }
  }

  private static byte[] openApi() {
    try (InputStream document =
        Objects.requireNonNull(ScoringDoor.class.getResourceAsStream("openapi.json"))) {
      return document.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
