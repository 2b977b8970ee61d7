package dev.attune.ingest.metrics;

import dev.attune.schemas.events.Route;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
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
    SUPERSEDED
  }

  /** What became of a request for erasure. */
  public enum Erasure {
    DONE,
    /** Its bytes are not an ErasureRequest. */
    UNREADABLE,
    /** The record's key is not the user id. */
    KEY_MISMATCH
  }

  /** Why a bucket was closed. */
  public enum Cause {
    COMPARISONS,
    BYTES,
    AGE
  }

  /** What became of an event that names the request that it answers. */
  public enum Join {
    /** It has what was served. */
    JOINED,
    /** There is no result of this user and request within the window. */
    MISSING,
    /** A reply that was shown is no candidate of the result. */
    MISMATCH
  }

  /** What became of a record of attune.rewards. */
  public enum Result {
    /** It waits for the event that answers it. */
    KEPT,
    /** It is an error, or has no request id of a usable length. */
    SKIPPED,
    /** It cannot be decoded. */
    UNREADABLE
  }

  private static final String EVENTS = "attune.ingest.events";

  private final MeterRegistry registry;
  private final Counter accepted;
  private final Counter corrected;
  private final Counter withdrawn;
  private final Map<Duplicate, Counter> duplicates = new EnumMap<>(Duplicate.class);
  private final Map<Erasure, Counter> erasures = new EnumMap<>(Erasure.class);
  private final Map<Join, Counter> joins = new EnumMap<>(Join.class);
  private final Map<Result, Counter> results = new EnumMap<>(Result.class);
  private final Map<Route, Map<Cause, Counter>> buckets = new EnumMap<>(Route.class);
  private final Counter comparisons;
  private final Counter judgements;
  private final Counter bytes;

  public IngestMeters(MeterRegistry registry) {
    this.registry = registry;
    this.accepted = events("accepted", "");
    this.corrected = events("corrected", "");
    this.withdrawn = events("withdrawn", "");
    this.comparisons =
        Counter.builder("attune.ingest.comparisons")
            .description("Comparisons of accepted and corrected events")
            .register(registry);
    this.judgements =
        Counter.builder("attune.ingest.judgements")
            .description("Judgements of accepted and corrected events")
            .register(registry);
    this.bytes =
        Counter.builder("attune.ingest.bytes")
            .description("Record values read from attune.preferences")
            .baseUnit("bytes")
            .register(registry);
    for (Duplicate reason : Duplicate.values()) {
      duplicates.put(reason, events("duplicate", reason.name()));
    }
    for (Erasure outcome : Erasure.values()) {
      erasures.put(outcome, erasures(outcome));
    }
    for (Join outcome : Join.values()) {
      joins.put(outcome, joins(outcome));
    }
    for (Result outcome : Result.values()) {
      results.put(outcome, results(outcome));
    }
    for (Route route : Route.values()) {
      Map<Cause, Counter> causes = new EnumMap<>(Cause.class);
      for (Cause cause : Cause.values()) {
        causes.put(cause, buckets(route, cause));
      }
      buckets.put(route, causes);
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
    taught(comparisonCount, judgementCount);
  }

  /** An event counts in place of an earlier revision. */
  public void corrected(int comparisonCount, int judgementCount) {
    corrected.increment();
    taught(comparisonCount, judgementCount);
  }

  public void withdrawn() {
    withdrawn.increment();
  }

  public void quarantined(Enum<?> reason) {
    events("quarantined", reason.name()).increment();
  }

  public void rejected(Enum<?> reason) {
    events("rejected", reason.name()).increment();
  }

  public void duplicate(Duplicate reason) {
    duplicates.get(reason).increment();
  }

  /** An event that names a request. */
  public void join(Join outcome) {
    joins.get(outcome).increment();
  }

  /** A record of attune.rewards. */
  public void result(Result outcome) {
    results.get(outcome).increment();
  }

  public void closed(Route route, Cause cause) {
    buckets.get(route).get(cause).increment();
  }

  public void erasure(Erasure outcome) {
    erasures.get(outcome).increment();
  }

  private void taught(int comparisonCount, int judgementCount) {
    comparisons.increment(comparisonCount);
    judgements.increment(judgementCount);
  }

  private Counter events(String outcome, String reason) {
    return Counter.builder(EVENTS)
        .description("Records of attune.preferences by what became of them")
        .tag("outcome", outcome)
        .tag("reason", reason.toLowerCase(Locale.ROOT))
        .register(registry);
  }

  private Counter joins(Join outcome) {
    return Counter.builder("attune.ingest.joins")
        .description("Accepted events that name a request, by whether what was served was found")
        .tag("outcome", outcome.name().toLowerCase(Locale.ROOT))
        .register(registry);
  }

  private Counter results(Result outcome) {
    return Counter.builder("attune.ingest.results")
        .description("Records of attune.rewards by what became of them")
        .tag("outcome", outcome.name().toLowerCase(Locale.ROOT))
        .register(registry);
  }

  private Counter buckets(Route route, Cause cause) {
    return Counter.builder("attune.ingest.buckets")
        .description("Buckets closed")
        .tag("route", route.name().toLowerCase(Locale.ROOT))
        .tag("cause", cause.name().toLowerCase(Locale.ROOT))
        .register(registry);
  }

  private Counter erasures(Erasure outcome) {
    return Counter.builder("attune.ingest.erasures")
        .description("Requests for erasure by what became of them")
        .tag("outcome", outcome.name().toLowerCase(Locale.ROOT))
        .register(registry);
  }
}
