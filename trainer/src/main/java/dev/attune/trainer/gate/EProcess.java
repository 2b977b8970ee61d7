package dev.attune.trainer.gate;

import java.util.Arrays;

/**
 * Evidence that numbers are larger than a margin on average: the wealth of a gambler who starts
 * with 1 and bets on each number that it will be above the margin. Where the mean, given what came
 * before, is never above the margin, no such gambler grows rich: the probability that the evidence
 * ever reaches 1/α is at most α, whenever one looks and stops (Ville's inequality). The numbers may
 * have any distribution within the bound.
 *
 * <p>Bets on bounded means of Waudby-Smith and Ramdas 2023 (arXiv 2010.09686), in the form of
 * diversified Kelly betting: E_t = mean over λ of Π_i (1 + λ(x_i − margin)), with fixed bets λ = ¾
 * · 2⁻ᵍ / (bound + margin), g = 0 … 7, so that wealth stays positive. The result is the largest E_t
 * so far.
 */
public final class EProcess {
  private static final int BETS = 8;
  private static final double LARGEST = 1e300;

  private final double margin;
  private final double bound;
  private final double[] bets = new double[BETS];
  private final double[] wealth = new double[BETS];
  private double evidence = 1;

  /**
   * @param margin up to which mean there is nothing to be found, within the bound
   * @param bound numbers beyond ±bound are taken as ±bound: what is tested is the mean after that
   */
  public EProcess(double margin, double bound) {
    if (!(bound > 0) || !(Math.abs(margin) < bound)) {
      throw new IllegalArgumentException(
          "margin %s, bound %s; allowed is |margin| < bound".formatted(margin, bound));
    }
    this.margin = margin;
    this.bound = bound;
    Arrays.fill(wealth, 1);
    for (int g = 0; g < BETS; g++) {
      bets[g] = 0.75 / (1 << g) / (bound + margin);
    }
  }

  /**
   * Takes the next number.
   *
   * @throws IllegalArgumentException if it is not a number
   */
  public void add(double x) {
    if (Double.isNaN(x)) {
      throw new IllegalArgumentException("x is not a number");
    }
    double above = Math.max(-bound, Math.min(bound, x)) - margin;
    double sum = 0;
    for (int g = 0; g < BETS; g++) {
      wealth[g] = Math.min(LARGEST, wealth[g] * (1 + bets[g] * above));
      sum += wealth[g];
    }
    evidence = Math.max(evidence, sum / BETS);
  }

  /** Returns the largest wealth so far: an e-value of at least 1. */
  public double evidence() {
    return evidence;
  }
}
