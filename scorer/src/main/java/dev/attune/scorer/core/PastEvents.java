package dev.attune.scorer.core;

import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Looks up what users' states have learned from, for those who ask why. Thread-safe. */
public interface PastEvents {
  /** Finds nothing. */
  PastEvents NONE = userId -> CompletableFuture.completedFuture(List.of());

  /**
   * Returns at once.
   *
   * @return completes soon, and never exceptionally, with those of the user's latest events that
   *     could be read
   */
  CompletableFuture<List<PastEvent>> of(String userId);
}
