package dev.attune.cli.evaluate;

/**
 * Expected calibration error (Guo et al. 2017) of σ(r_i − r_j) as the probability that i is
 * preferred to j: pairs are put into ten bins by the probability of the reply that is ahead; the
 * error is the mean distance between a bin's mean probability and its share of right pairs,
 * weighted by pairs. One thread at a time.
 */
public final class CalibrationError {
  private static final int BINS = 10;

  private final double[] probability = new double[BINS];
  private final double[] right = new double[BINS];
  private final long[] pairs = new long[BINS];

  /** Adds a pair by its rewards (log-odds). */
  public void add(double preferred, double other) {
    double ahead = 1 / (1 + Math.exp(-Math.abs(preferred - other)));
    int bin = Math.min(BINS - 1, (int) ((ahead - 0.5) * 2 * BINS));
    probability[bin] += ahead;
    right[bin] += PairAccuracy.of(preferred, other).right();
    pairs[bin]++;
  }

  /** From 0 to 1; NaN where there are no pairs. */
  public double value() {
    double error = 0;
    long all = 0;
    for (int bin = 0; bin < BINS; bin++) {
      error += Math.abs(probability[bin] - right[bin]);
      all += pairs[bin];
    }
    return all == 0 ? Double.NaN : error / all;
  }
}
