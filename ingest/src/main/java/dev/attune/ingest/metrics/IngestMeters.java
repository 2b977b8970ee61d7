package dev.attune.ingest.metrics;

import dev.attune.schemas.events.PreferenceBucket;
import dev.attune.schemas.events.Route;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/**
 * All of ingest's meters. They count work done: what is done again after a failure is counted
 * again, though its first results were never committed. Thread-safe.
 */
public final class IngestMeters {
  /** Why an event is a duplicate. */
  public enum Duplicate {
    /** The same revision came before. */
    RETRY,
    /** A later revision came before. */
    SUPERSEDED,
    /** A later revision than the one that counts: corrections are not applied. */
    REVISION,
    /** The event is taken back: what was learned of it stays learned, and it counts no more. */
    WITHDRAWN
  }

  /** Why a bucket was closed. */
  public enum Cause {
    COMPARISONS,
    BYTES,
    AGE
  }

  private static final String EVENTS = "attune.ingest.events";
  private static final String BUCKETS = "attune.ingest.buckets";

  private final MeterRegistry registry;
  private final Counter accepted;
  private final Counter comparisons;
  private final Counter judgements;
  private final Counter bytes;

  public IngestMeters(MeterRegistry registry) {
    this.registry = registry;
    this.accepted = events("accepted", "");
    this.comparisons =
        Counter.builder("attune.ingest.comparisons")
            .description("Comparisons of accepted events")
            .register(registry);
    this.judgements =
        Counter.builder("attune.ingest.judgements")
            .description("Judgements of accepted events")
            .register(registry);
    this.bytes =
        Counter.builder("attune.ingest.bytes")
            .description("Record values read from attune.preferences")
            .baseUnit("bytes")
            .register(registry);
    expect("duplicate", Duplicate.values());
    for (Route route : Route.values()) {
      for (Cause cause : Cause.values()) {
        buckets(route, cause);
      }
    }
  }

  /**
   * Shows how often records failed in processing.
   *
   * @param counted what counts them; kept only weakly
   * @param failures its count so far
   */
  public <T> void failures(T counted, ToDoubleFunction<T> failures) {
    FunctionCounter.builder("attune.ingest.failures", counted, failures)
        .description("Failures of records in processing, each time one is tried")
        .register(registry);
  }

  /** Shows these reasons of an outcome from the start, with zero. */
  public void expect(String outcome, Enum<?>[] reasons) {
    for (Enum<?> reason : reasons) {
      events(outcome, reason.name());
    }
  }

  public void read(int size) {
    bytes.increment(size);
  }

  public void accepted(int comparisonCount, int judgementCount) {
    accepted.increment();
    comparisons.increment(comparisonCount);
    judgements.increment(judgementCount);
  }

  public void rejected(Enum<?> reason) {
    events("rejected", reason.name()).increment();
  }

  public void duplicate(Duplicate reason) {
    events("duplicate", reason.name()).increment();
  }

  public void closed(PreferenceBucket bucket, Cause cause) {
    buckets(bucket.getRoute(), cause).increment();
  }

  private Counter events(String outcome, String reason) {
    return Counter.builder(EVENTS)
        .description("Records of attune.preferences by what became of them")
        .tag("outcome", outcome)
        .tag("reason", reason.toLowerCase(Locale.ROOT))
        .register(registry);
  }

  private Counter buckets(Route route, Cause cause) {
    return Counter.builder(BUCKETS)
        .description("Buckets closed")
        .tag("route", route.name().toLowerCase(Locale.ROOT))
        .tag("cause", cause.name().toLowerCase(Locale.ROOT))
        .register(registry);
  }
}
