package dev.attune.platform;

import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs one service as a process: reads its settings, starts the management server and the service,
 * and closes both when the process is told to stop (SIGTERM, SIGINT) or the service has failed.
 *
 * <p>Exit codes: {@link #OK}, {@link #FAILED}, {@link #MISCONFIGURED}, {@link #NOT_CLOSED}. A
 * process that a signal stopped and that closed in time ends with the JVM's own code for that
 * signal (143 for SIGTERM).
 */
public final class ServiceRunner {
  /** Stopped, and closed in time. */
  public static final int OK = 0;

  /** The service could not start, or failed. */
  public static final int FAILED = 1;

  /** A setting or an argument is wrong; one line on the error stream names it. */
  public static final int MISCONFIGURED = 2;

  /** Closing took longer than {@code management.close-timeout}; the process was ended hard. */
  public static final int NOT_CLOSED = 3;

  public static final ConfigKey<Duration> CLOSE_TIMEOUT =
      ConfigKey.duration(
          "management.close-timeout",
          Duration.ofSeconds(30),
          Duration.ofSeconds(1),
          Duration.ofMinutes(10),
          "How long closing may take after a signal before the process is ended hard.");

  private static final Logger LOG = LoggerFactory.getLogger(ServiceRunner.class);
  private static final long HEALTH_CHECK_MILLIS = 500;

  private final Service service;
  private final CountDownLatch stop = new CountDownLatch(1);
  private final CountDownLatch closed = new CountDownLatch(1);

  private ServiceRunner(Service service) {
    this.service = service;
  }

  /** The settings of every process. */
  public static List<ConfigKey<?>> keys() {
    List<ConfigKey<?>> keys = new ArrayList<>(ManagementServer.keys());
    keys.add(CLOSE_TIMEOUT);
    return List.copyOf(keys);
  }

  /**
   * Runs until stopped.
   *
   * @param arguments {@code --config FILE} and {@code --name=value} for any setting
   * @param serviceKeys the service's own settings, those of its Kafka clients included
   * @param factory makes the service from its settings and the process's meters
   * @return the exit code
   */
  public static int run(
      String[] arguments,
      List<ConfigKey<?>> serviceKeys,
      BiFunction<Configuration, PrometheusMeterRegistry, ? extends Service> factory) {
    return run(arguments, System.getenv(), System.err, serviceKeys, factory);
  }

  static int run(
      String[] arguments,
      Map<String, String> environment,
      PrintStream errors,
      List<ConfigKey<?>> serviceKeys,
      BiFunction<Configuration, PrometheusMeterRegistry, ? extends Service> factory) {
    List<ConfigKey<?>> all = new ArrayList<>(keys());
    all.addAll(serviceKeys);
    PrometheusMeterRegistry meters = Meters.registry();
    try {
      Configuration configuration = configuration(arguments, environment);
      configuration.rejectUnknown(all);
      configuration
          .describe(all)
          .forEach(
              (name, value) ->
                  LOG.atInfo()
                      .addKeyValue("name", name)
                      .addKeyValue("value", value)
                      .log("setting"));
      return new ServiceRunner(factory.apply(configuration, meters)).run(configuration, meters);
    } catch (ConfigException e) {
      errors.println("error: " + e.getMessage());
      return MISCONFIGURED;
    } finally {
      meters.close();
    }
  }

  private int run(Configuration configuration, PrometheusMeterRegistry meters) {
    Duration timeout = configuration.get(CLOSE_TIMEOUT);
    Thread hook = new Thread(() -> stopAndWait(timeout), "shutdown");
    Runtime.getRuntime().addShutdownHook(hook);
    try (ManagementServer server =
        ManagementServer.start(
            configuration.get(ManagementServer.HOST),
            configuration.get(ManagementServer.PORT),
            meters,
            List.of(service))) {
      LOG.atInfo()
          .addKeyValue("service", service.name())
          .addKeyValue("managementPort", server.port())
          .log("starting");
      return startAndAwait();
    } finally {
      closed.countDown();
      removeHook(hook);
    }
  }

  private int startAndAwait() {
    boolean failed = false;
    try {
      service.start();
      while (service.live() && !stop.await(HEALTH_CHECK_MILLIS, TimeUnit.MILLISECONDS)) {
        // Looks at the service's health again.
      }
      failed = !service.live();
    } catch (ConfigException e) {
      throw e;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException e) {
      failed = true;
      LOG.atError().setCause(e).addKeyValue("service", service.name()).log("service failed");
    } finally {
      service.close();
    }
    LOG.atInfo().addKeyValue("service", service.name()).log("stopped");
    return failed ? FAILED : OK;
  }

  private void stopAndWait(Duration timeout) {
    stop.countDown();
    try {
      if (!closed.await(timeout.toMillis(), TimeUnit.MILLISECONDS)) {
        LOG.atError().addKeyValue("service", service.name()).log("not closed in time");
        Runtime.getRuntime().halt(NOT_CLOSED);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void removeHook(Thread hook) {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      LOG.atDebug().log("the process is stopping");
    }
  }

  private static Configuration configuration(String[] arguments, Map<String, String> environment) {
    Map<String, String> flags = new HashMap<>();
    Path file =
        environment.containsKey("ATTUNE_CONFIG") ? Path.of(environment.get("ATTUNE_CONFIG")) : null;
    for (int i = 0; i < arguments.length; i++) {
      String argument = arguments[i];
      int equals = argument.indexOf('=');
      if (argument.equals("--config") && i + 1 < arguments.length) {
        file = Path.of(arguments[++i]);
      } else if (argument.startsWith("--config=")) {
        file = Path.of(argument.substring(equals + 1));
      } else if (argument.startsWith("--") && equals > 2) {
        flags.put(argument.substring(2, equals), argument.substring(equals + 1));
      } else {
        throw new ConfigException(
            "unknown argument " + argument + ": allowed are --config FILE and --name=value");
      }
    }
    return Configuration.load(file, environment, flags);
  }
}
