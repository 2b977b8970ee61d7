package dev.attune.bench;

import java.util.Arrays;

/**
 * A median of a sample, and what the median of what it was drawn from lies between: the interval of
 * the sign test, which supposes nothing about the distribution.
 *
 * @param low its lower end, a value of the sample
 * @param median of the sample
 * @param high its upper end
 * @param confidence how sure the interval is; at least .95 from six values on
 */
public record MedianInterval(double low, double median, double high, double confidence) {
  private static final double WANTED = .95;

  /** Returns the narrowest interval that is sure enough; of all values where none is. */
  public static MedianInterval of(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    int n = sorted.length;
    // P(Binomial(n, 1/2) <= outside - 1): that the median lies below the value at index outside
    double weight = Math.pow(.5, n);
    double below = weight;
    int outside = 0;
    for (int k = 1; k <= n / 2; k++) {
      weight *= (double) (n - k + 1) / k;
      if (2 * (below + weight) > 1 - WANTED) {
        break;
      }
      below += weight;
      outside = k;
    }
    double median = (sorted[(n - 1) / 2] + sorted[n / 2]) / 2;
    return new MedianInterval(
        sorted[outside], median, sorted[n - 1 - outside], Math.max(0, 1 - 2 * below));
  }
}
