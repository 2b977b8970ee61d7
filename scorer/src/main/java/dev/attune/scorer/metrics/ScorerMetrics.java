package dev.attune.scorer.metrics;

import dev.attune.schemas.events.ScoreErrorCode;
import dev.attune.scorer.core.ReplyGenerator;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/**
 * Every meter of the scorer: names, tags and units. Thread-safe.
 *
 * <p>Requests are counted when products can read their answer, so a batch that is computed again
 * after a fault counts once; with share delivery, as often as it is answered.
 */
public final class ScorerMetrics implements ReplyGenerator.Listener {
  private static final String PREFIX = "attune.scorer.";

  private final MeterRegistry registry;
  private final Timer latency;
  private final Timer computation;
  private final DistributionSummary requests;
  private final DistributionSummary tokens;
  private final Counter aborts;
  private final Counter restarts;
  private final Timer usersDelay;
  private final Timer generation;
  private final Counter generatedReplies;
  private final Counter generatedTokens;
  private final Map<String, AtomicLong> versions = new ConcurrentHashMap<>();

  public ScorerMetrics(MeterRegistry registry) {
    this.registry = registry;
    latency =
        Timer.builder(PREFIX + "latency")
            .description("From a request's append to the commit of its answer")
            .publishPercentileHistogram()
            .minimumExpectedValue(Duration.ofMillis(1))
            .maximumExpectedValue(Duration.ofSeconds(60))
            .register(registry);
    computation =
        Timer.builder(PREFIX + "batch.computation")
            .description("Forward passes and ranking of a batch")
            .register(registry);
    requests =
        DistributionSummary.builder(PREFIX + "batch.requests")
            .description("Requests in a batch")
            .register(registry);
    tokens =
        DistributionSummary.builder(PREFIX + "batch.tokens")
            .description("Tokens in a batch, each prompt counted once")
            .register(registry);
    aborts =
        Counter.builder(PREFIX + "transaction.aborts")
            .description("Batches whose transaction was aborted and that are computed again")
            .register(registry);
    restarts =
        Counter.builder(PREFIX + "restarts")
            .description("Times that the Kafka clients were made anew after a fault")
            .register(registry);
    usersDelay =
        Timer.builder(PREFIX + "users.delay")
            .description("From a user's state being published to its being served")
            .publishPercentileHistogram()
            .minimumExpectedValue(Duration.ofMillis(1))
            .maximumExpectedValue(Duration.ofSeconds(60))
            .register(registry);
    generation =
        Timer.builder(PREFIX + "generate.computation")
            .description("Replies of some requests written together")
            .register(registry);
    generatedReplies =
        Counter.builder(PREFIX + "generate.replies")
            .description("Replies that were written")
            .register(registry);
    generatedTokens =
        Counter.builder(PREFIX + "generate.tokens")
            .description("Tokens of the replies that were written")
            .register(registry);
  }

  /** A request was answered; latency is from its append to the answer's commit. */
  public void answered(ScoreErrorCode code, Duration latency) {
    Counter.builder(PREFIX + "requests")
        .description("Requests answered, by error code; none for those that got rewards")
        .tag("outcome", code.name().toLowerCase(Locale.ROOT))
        .register(registry)
        .increment();
    this.latency.record(latency);
  }

  /** A batch was committed. */
  public void batch(int requests, int tokens, Duration computation) {
    this.requests.record(requests);
    this.tokens.record(tokens);
    this.computation.record(computation);
  }

  /** What becomes of prompts that a share group lends. */
  public enum Shared {
    /** Delivered, and not for the first time. */
    REPEATED,
    /** Kept for longer than a lock lasts. */
    RENEWED,
    /** Given back without an answer, at the end. */
    RELEASED,
    /** No longer lent to this member before the brokers knew of an answer. */
    LOST,
    /** Answered with an error, as it would not be delivered any more. */
    EXHAUSTED
  }

  /** Something became of so many prompts of a share group. */
  public void shared(Shared event, long prompts) {
    Counter.builder(PREFIX + "share.prompts")
        .description("Prompts of a share group, by what became of them")
        .tag("event", event.name().toLowerCase(Locale.ROOT))
        .register(registry)
        .increment(prompts);
  }

  public void aborted() {
    aborts.increment();
  }

  public void restarted() {
    restarts.increment();
  }

  /** A model is served from the next batch on. */
  public void swapped(String model, long version) {
    Counter.builder(PREFIX + "model.swaps")
        .description("Models that were taken into service")
        .register(registry)
        .increment();
    served(model).set(version);
  }

  /** A model is served no more. */
  public void withdrawn(String model) {
    served(model).set(0);
  }

  /** A published model cannot be served. */
  public void loadFailed(String reason) {
    Counter.builder(PREFIX + "model.load.failures")
        .description("Published models that could not be served, by reason")
        .tag("reason", reason)
        .register(registry)
        .increment();
  }

  /**
   * Watches the store of users' states for as long as it is open.
   *
   * @param held users with a state
   * @param bytes of the store on disk
   */
  public void users(Supplier<Number> held, Supplier<Number> bytes) {
    Gauge.builder(PREFIX + "users.held", held)
        .description("Users of whom a state is held")
        .register(registry);
    Gauge.builder(PREFIX + "users.store.size", bytes)
        .description("Users' states on disk")
        .baseUnit("bytes")
        .register(registry);
  }

  /** A user's state is served from now on; the delay is from its record's time. */
  public void userFollowed(Duration delay) {
    usersDelay.record(delay);
  }

  /** A published state cannot be used, and the one before it stays. */
  public void userRejected(String reason) {
    Counter.builder(PREFIX + "users.rejected")
        .description("Published states of users that could not be used, by reason")
        .tag("reason", reason)
        .register(registry)
        .increment();
  }

  /** What was asked of a cache: how often it had it, and how often not. */
  public void cacheLookups(String cache, int hits, int misses) {
    lookups(cache, "hit").increment(hits);
    lookups(cache, "miss").increment(misses);
  }

  private Counter lookups(String cache, String outcome) {
    return Counter.builder(PREFIX + "cache.lookups")
        .description("Replies that a cache was asked for, by cache and outcome")
        .tag("cache", cache)
        .tag("outcome", outcome)
        .register(registry);
  }

  /** A request that named a feedback position was held back for so long. */
  public void waitedForFeedback(Duration waited, boolean included) {
    Timer.builder(PREFIX + "after.wait")
        .description("How long requests were held back for the feedback that they name")
        .tag("outcome", included ? "included" : "timeout")
        .register(registry)
        .record(waited);
  }

  @Override
  public void generated(int replies, int tokens, Duration time) {
    generatedReplies.increment(replies);
    generatedTokens.increment(tokens);
    generation.record(time);
  }

  @Override
  public void settled(Duration waited, ReplyGenerator.Outcome outcome) {
    Timer.builder(PREFIX + "generate.wait")
        .description("How long requests waited for their replies to be written, by outcome")
        .tag("outcome", outcome.name().toLowerCase(Locale.ROOT))
        .register(registry)
        .record(waited);
  }

  private AtomicLong served(String model) {
    return versions.computeIfAbsent(
        model,
        name -> {
          AtomicLong version = new AtomicLong();
          Gauge.builder(PREFIX + "served.version", version, AtomicLong::doubleValue)
              .description("The version of a model that is served; 0 for none")
              .tag("model", name)
              .strongReference(true)
              .register(registry);
          return version;
        });
  }
}
