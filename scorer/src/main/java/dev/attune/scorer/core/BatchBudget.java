package dev.attune.scorer.core;

/**
 * How much one batch takes. A request that is larger than the budget makes a batch by itself.
 *
 * @param requests at most
 * @param candidates at most
 * @param tokens at most, each prompt counted once
 */
public record BatchBudget(int requests, int candidates, int tokens) {
  public BatchBudget {
    if (requests < 1 || candidates < 1 || tokens < 1) {
      throw new IllegalArgumentException(
          "a budget must be positive: requests %d, candidates %d, tokens %d"
              .formatted(requests, candidates, tokens));
    }
  }
}
