package dev.attune.scorer.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Locale;
import java.util.function.Supplier;

/**
 * Every meter of the synchronous door. Tags have few values: a path that the door does not know is
 * {@code other}. Thread-safe.
 */
public final class DoorMetrics {
  private static final String PREFIX = "attune.scorer.http.";

  private final MeterRegistry registry;

  public DoorMetrics(MeterRegistry registry) {
    this.registry = registry;
  }

  /**
   * A request is done with.
   *
   * @param latency from its first byte to the last one of the answer
   */
  public void answered(String route, int status, Duration latency) {
    Counter.builder(PREFIX + "requests")
        .description("Requests, by route and status")
        .tag("route", route)
        .tag("status", Integer.toString(status))
        .register(registry)
        .increment();
    Timer.builder(PREFIX + "latency")
        .description("From a request's first byte to its answer's last")
        .tag("route", route)
        .publishPercentileHistogram()
        .minimumExpectedValue(Duration.ofMillis(1))
        .maximumExpectedValue(Duration.ofSeconds(60))
        .register(registry)
        .record(latency);
  }

  /** A request was answered with a problem. */
  public void refused(String code) {
    Counter.builder(PREFIX + "problems")
        .description("Requests answered with a problem, by its code")
        .tag("code", code.toLowerCase(Locale.ROOT))
        .register(registry)
        .increment();
  }

  /** The door closed a connection: its time was over, or there were too many. */
  public void connectionClosed(String reason) {
    Counter.builder(PREFIX + "connections.closed")
        .description("Connections that the door closed, by reason")
        .tag("reason", reason)
        .register(registry)
        .increment();
  }

  /** Watches the door for as long as it is open. */
  public void watch(Supplier<Number> connections, Supplier<Number> buffered) {
    Gauge.builder(PREFIX + "connections", connections)
        .description("Connections that are open")
        .register(registry);
    Gauge.builder(PREFIX + "buffered", buffered)
        .description("Bodies and answers that are held")
        .baseUnit("bytes")
        .register(registry);
  }

  /** Watches a route for as long as the door is open. */
  public void watch(String route, Supplier<Number> inFlight) {
    Gauge.builder(PREFIX + "in.flight", inFlight)
        .description("Requests that wait for their answer")
        .tag("route", route)
        .register(registry);
  }
}
