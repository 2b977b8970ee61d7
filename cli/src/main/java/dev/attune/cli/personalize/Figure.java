package dev.attune.cli.personalize;

import java.util.Arrays;
import java.util.Locale;

/**
 * A figure over the runs of some seeds.
 *
 * @param values one a run
 */
@SuppressWarnings("ArrayRecordComponent") // a carrier that is never compared
record Figure(double[] values) {
  /** The mean over the runs. */
  double mean() {
    return Arrays.stream(values).average().orElse(Double.NaN);
  }

  /** Half of the distance between the largest and the smallest; 0 for one run. */
  double spread() {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted.length == 0 ? Double.NaN : (sorted[sorted.length - 1] - sorted[0]) / 2;
  }

  /** The mean, and the spread where there are several runs: {@code .912 ±.013}. */
  String text() {
    String mean = share(mean());
    return values.length < 2 ? mean : mean + " \u00b1" + share(spread());
  }

  private static String share(double share) {
    String text = String.format(Locale.ROOT, "%.3f", share);
    return Double.isNaN(share) ? "-" : text.startsWith("0.") ? text.substring(1) : text;
  }
}
