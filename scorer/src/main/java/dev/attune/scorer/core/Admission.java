package dev.attune.scorer.core;

import dev.attune.schemas.events.ScoreErrorCode;
import dev.attune.schemas.events.ScoreRequest;
import java.time.Instant;

/** Says of a request what is wrong with it or what it costs, before it waits. Thread-safe. */
public final class Admission {
  private final RequestValidator validator;
  private final RewardFunction rewards;
  private final PastEvents pastEvents;
  private final ReplySource replies;

  /**
   * @param pastEvents asked for the users of requests to be explained
   * @param replies asked for those of requests without candidates
   */
  public Admission(
      RequestLimits limits, RewardFunction rewards, PastEvents pastEvents, ReplySource replies) {
    this.pastEvents = pastEvents;
    this.replies = replies;
    this.validator = new RequestValidator(limits, rewards.base());
    this.rewards = rewards;
  }

  /** A request as it waits; the first three as in {@link Prompt}. */
  public Prompt admit(
      int partition, long offset, String key, Instant appendedAt, ScoreRequest request) {
    Rejection rejection = validator.check(request).orElse(null);
    int tokens = 0;
    if (rejection == null) {
      try {
        tokens = rewards.tokens(request);
      } catch (RuntimeException e) {
        // One text that the tokenizer cannot take must not hold up those behind it.
        rejection =
            new Rejection(ScoreErrorCode.INTERNAL, "the texts could not be split into tokens");
      }
    }
    return new Prompt(
        partition,
        offset,
        key,
        appendedAt,
        request,
        rejection,
        tokens,
        request.getExplain() && rejection == null ? pastEvents.of(request.getUserId()) : null,
        rejection == null ? replies.of(request) : null);
  }

  /**
   * A request that is answered with an error and not scored, as everyone has failed who was to
   * answer it. Nothing is done that could fail once more.
   */
  public static Prompt giveUp(
      int partition, long offset, String key, Instant appendedAt, ScoreRequest request) {
    return new Prompt(
        partition,
        offset,
        key,
        appendedAt,
        request,
        new Rejection(
            ScoreErrorCode.INTERNAL,
            "it was delivered as often as the group allows, and nobody answered it"),
        0);
  }

  /** A record that is no request. */
  public static Prompt refuse(
      int partition, long offset, String key, Instant appendedAt, String reason) {
    return new Prompt(
        partition,
        offset,
        key,
        appendedAt,
        null,
        new Rejection(ScoreErrorCode.MALFORMED, "the value is no ScoreRequest: " + reason),
        0);
  }
}
