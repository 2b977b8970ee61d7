package dev.attune.ingest.admission;

import dev.attune.ingest.event.UserEvent;
import dev.attune.ingest.topology.StateStores;
import dev.attune.schemas.events.Feedback;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.state.KeyValueStore;

/**
 * Holds an event back that comes too fast, says the same again too often, or is one more choice of
 * the same position.
 *
 * <p>What is held back is not remembered, and takes no token: nobody can push the repeats out of
 * memory or break a run with events that do not count, and the next event that gives no cause
 * passes. Not thread-safe.
 */
public final class ActivityGuard implements AbuseGuard {
  private final AbuseLimits limits;
  private final KeyValueStore<String, UserActivity> activity;
  private final TextHash textHash = new TextHash();

  ActivityGuard(AbuseLimits limits, KeyValueStore<String, UserActivity> activity) {
    this.limits = limits;
    this.activity = activity;
  }

  /** A task's guard; the processor must have the store of activities. */
  public static ActivityGuard of(AbuseLimits limits, ProcessorContext<?, ?> context) {
    return new ActivityGuard(limits, context.getStateStore(StateStores.ACTIVITY));
  }

  @Override
  public Optional<Quarantine> examine(UserEvent event) {
    if (limits.exempts(event.userId()) || !limitsAnything()) {
      return Optional.empty();
    }
    Feedback feedback = Objects.requireNonNull(event.feedback(), "a withdrawal is not examined");
    long at = event.source().appendedAt();
    UserActivity before = activity.get(event.userId());
    if (before == null) {
      before = UserActivity.first(limits.burst(), at);
    }
    TokenBucket rate = before.rate();
    RepeatedTexts texts = before.texts();
    PositionRun run = before.run();
    if (limits.limitsRate()) {
      rate = rate.refilled(at, limits.eventsPerMinute(), limits.burst());
      if (rate.isEmpty()) {
        return held(
            QuarantineReason.RATE_LIMITED,
            "more than %d events at once and %d a minute"
                .formatted(limits.burst(), limits.eventsPerMinute()));
      }
      rate = rate.taken();
    }
    if (limits.limitsRepeats()) {
      long hash = textHash.of(event, feedback);
      if (texts.count(hash) >= limits.repeatedTexts()) {
        return held(
            QuarantineReason.REPEATED_TEXT,
            "%d of the last %d events had the same prompt and replies"
                .formatted(texts.count(hash), RepeatedTexts.CAPACITY));
      }
      texts = texts.with(hash);
    }
    OptionalInt preferred = PreferredPosition.of(event, feedback);
    if (limits.limitsPositions() && preferred.isPresent()) {
      run = run.with(preferred.getAsInt());
      if (run.length() > limits.samePosition()) {
        return held(
            QuarantineReason.SAME_POSITION,
            "the last %d choices were all of position %d"
                .formatted(limits.samePosition(), run.position()));
      }
    }
    activity.put(event.userId(), new UserActivity(rate, texts, run));
    return Optional.empty();
  }

  private boolean limitsAnything() {
    return limits.limitsRate() || limits.limitsRepeats() || limits.limitsPositions();
  }

  private static Optional<Quarantine> held(QuarantineReason reason, String message) {
    return Optional.of(new Quarantine(reason, message));
  }
}
