package dev.attune.cli.stream;

import dev.attune.cli.evaluate.ClusteredMean;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * By how much one predictor is right more often than another on the same choices, with a lower
 * bound that holds with 95 %: the mean difference less 1.645 of its standard errors, with users as
 * clusters. One thread at a time.
 */
final class PairedGain {
  private static final double NORMAL_95 = 1.6448536269514722;

  private final ClusteredMean differences = new ClusteredMean();

  /**
   * Adds a choice.
   *
   * @param better score of the chosen reply less that of the other, by the predictor in question
   * @param than the same by the one that it is compared with
   */
  void add(String user, double better, double than) {
    differences.add(user, right(better) - right(than));
  }

  private static double right(double score) {
    return score > 0 ? 1 : score == 0 ? 0.5 : 0;
  }

  /** The mean difference of accuracy; NaN where there are no choices. */
  double mean() {
    return differences.mean();
  }

  /** The lower bound; NaN with fewer than two users. */
  double lowerBound() {
    return mean() - NORMAL_95 * differences.standardError();
  }

  /** The fields of a report. */
  Map<String, @Nullable Double> json() {
    Map<String, @Nullable Double> json = new LinkedHashMap<>();
    json.put("mean", Means.orNull(mean()));
    json.put("lower_bound", Means.orNull(lowerBound()));
    return json;
  }
}
