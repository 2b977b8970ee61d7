package dev.attune.scorer.core;

import dev.attune.schemas.events.ScoreRequest;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A record of the prompts topic, or a request that came directly: to be scored, or to be answered
 * with an error.
 *
 * @param partition where it lies; a direct request is alone in a partition below 0
 * @param offset where it lies
 * @param key the record's key, empty where it has none
 * @param appendedAt the record's timestamp, or when the request came
 * @param request null where the bytes are no request
 * @param rejection null where the request can be scored
 * @param tokens what it costs; 0 where it is rejected
 * @param past the user's latest events; null where they are not asked for
 * @param replies that are written for it; null where it asks for none
 */
public record Prompt(
    int partition,
    long offset,
    String key,
    Instant appendedAt,
    @Nullable ScoreRequest request,
    @Nullable Rejection rejection,
    int tokens,
    @Nullable CompletableFuture<List<PastEvent>> past,
    @Nullable PendingReplies replies) {

  public Prompt {
    if (request == null && rejection == null) {
      throw new IllegalArgumentException("a record that is no request needs a rejection");
    }
  }

  /** A prompt that asks for rewards alone. */
  public Prompt(
      int partition,
      long offset,
      String key,
      Instant appendedAt,
      @Nullable ScoreRequest request,
      @Nullable Rejection rejection,
      int tokens) {
    this(partition, offset, key, appendedAt, request, rejection, tokens, null, null);
  }

  /** Whether all that the answer needs is here. */
  boolean complete() {
    return (past == null || past.isDone()) && (replies == null || replies.isSettled());
  }

  /** Has its replies written, if it asks for any; does nothing the second time. */
  void begin() {
    if (replies != null) {
      replies.begin();
    }
  }

  /** Nobody answers it here any more. */
  void abandon() {
    if (replies != null) {
      replies.cancel();
    }
  }

  /** The prompt with its replies as candidates, or with why there are none; once complete. */
  Prompt settled() {
    if (replies == null) {
      return this;
    }
    PendingReplies.Settled end = replies.end();
    return new Prompt(
        partition,
        offset,
        key,
        appendedAt,
        end.request(),
        end.rejection(),
        end.tokens(),
        past,
        replies);
  }

  /** Whether it names feedback that the answer must include. */
  boolean namesFeedback() {
    return request != null && rejection == null && request.getAfter() != null;
  }

  /** Whether it is no record of the topic. */
  boolean direct() {
    return partition < 0;
  }

  /** When an answer is of no use any more; {@link Instant#MAX} for never. */
  Instant deadline() {
    return request == null || request.getDeadline() == null ? Instant.MAX : request.getDeadline();
  }

  int candidates() {
    return request == null || rejection != null ? 0 : request.getCandidates().size();
  }
}
