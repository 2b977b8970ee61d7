package dev.attune.scorer.core;

import java.util.Arrays;

/** Turns rewards, which are log-odds up to a constant, into ranks and probabilities. */
final class Ranker {
  private Ranker() {}

  /** 1 is the best; equal rewards share a rank, and the next one counts them all (1, 2, 2, 4). */
  static int[] ranks(double[] rewards) {
    return Arrays.stream(rewards)
        .mapToInt(
            reward -> 1 + (int) Arrays.stream(rewards).filter(other -> other > reward).count())
        .toArray();
  }

  /**
   * The probability that the best is preferred to each: σ(best − each), the Bradley–Terry model;
   * 0.5 for the best itself and for its equals.
   */
  static double[] bestPreferred(double[] rewards) {
    double best = Arrays.stream(rewards).max().orElseThrow();
    return Arrays.stream(rewards).map(reward -> 1 / (1 + Math.exp(reward - best))).toArray();
  }
}
