package dev.attune.scorer.core;

import dev.attune.schemas.events.ScoreRequest;
import dev.attune.schemas.events.ScoreResult;
import java.util.concurrent.CompletableFuture;

/** Answers requests that come by another way than the prompts topic. Thread-safe. */
public interface DirectScoring {
  /**
   * Lets a request wait for a place in a batch. Returns at once.
   *
   * @return completes with rewards or with an error code, as the prompts topic's requests are
   *     answered; exceptionally only where the scorer stops
   * @throws QueueFullException where too much waits already, or nothing is served yet
   */
  CompletableFuture<ScoreResult> submit(ScoreRequest request);
}
