package dev.attune.scorer.http;

import java.util.concurrent.CompletableFuture;

/** Answers requests that have a body. Thread-safe. */
interface BodyRoute {
  /**
   * Answers one. Returns at once.
   *
   * @return may complete exceptionally with a {@link ProblemException}, or a {@link
   *     java.util.concurrent.TimeoutException} where the answer does not come in time
   * @throws ProblemException where the body is not as it must be
   */
  CompletableFuture<Answer> answer(byte[] body);
}
