package dev.attune.scorer.core;

import dev.attune.schemas.events.ScoreRequest;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A record of the prompts topic: a request to be scored, or one that is answered with an error.
 *
 * @param partition where it lies
 * @param offset where it lies
 * @param key the record's key, empty where it has none
 * @param appendedAt the record's timestamp
 * @param request null where the bytes are no request
 * @param rejection null where the request can be scored
 * @param tokens what it costs; 0 where it is rejected
 */
public record Prompt(
    int partition,
    long offset,
    String key,
    Instant appendedAt,
    @Nullable ScoreRequest request,
    @Nullable Rejection rejection,
    int tokens) {

  public Prompt {
    if (request == null && rejection == null) {
      throw new IllegalArgumentException("a record that is no request needs a rejection");
    }
  }

  /** When an answer is of no use any more; {@link Instant#MAX} for never. */
  Instant deadline() {
    return request == null || request.getDeadline() == null ? Instant.MAX : request.getDeadline();
  }

  int candidates() {
    return request == null || rejection != null ? 0 : request.getCandidates().size();
  }
}
