package dev.attune.ingest.metrics;

import dev.attune.schemas.events.PreferenceBucket;
import dev.attune.schemas.events.Route;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Locale;

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
    for (Join outcome : Join.values()) {
      joins(outcome);
    }
    for (Result outcome : Result.values()) {
      results(outcome);
    }
    for (Route route : Route.values()) {
      for (Cause cause : Cause.values()) {
        buckets(route, cause);
      }
    }
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

  /** An event that names a request. */
  public void join(Join outcome) {
    joins(outcome).increment();
  }

  /** A record of attune.rewards. */
  public void result(Result outcome) {
    results(outcome).increment();
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
    return Counter.builder(BUCKETS)
        .description("Buckets closed")
        .tag("route", route.name().toLowerCase(Locale.ROOT))
        .tag("cause", cause.name().toLowerCase(Locale.ROOT))
        .register(registry);
  }
}
