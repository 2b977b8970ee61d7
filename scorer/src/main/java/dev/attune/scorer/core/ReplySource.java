package dev.attune.scorer.core;

import dev.attune.schemas.events.ScoreRequest;
import org.jspecify.annotations.Nullable;

/** Writes replies for requests that ask for them. Thread-safe. */
public interface ReplySource {
  /** Writes none. */
  ReplySource NONE = request -> null;

  /**
   * What a valid request asks for. Nothing is written before it is begun.
   *
   * @return null where it asks for none
   */
  @Nullable PendingReplies of(ScoreRequest request);
}
