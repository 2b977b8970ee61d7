package dev.attune.cli.stream;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * By how much one predictor is right more often than another on the same choices, with a lower
 * bound that holds with 95 %: the mean difference less 1.645 of its standard errors. A user's
 * choices depend on each other, so users are what is drawn: the variance is that of clusters (Liang
 * and Zeger 1986), V = U/(U−1) · Σ_u (Σ_{i∈u} (d_i − d̄))² / n². One thread at a time.
 */
final class PairedGain {
  private static final double NORMAL_95 = 1.6448536269514722;

  private record Cluster(double sum, long choices) {}

  private final Map<String, Cluster> users = new HashMap<>();

  /**
   * Adds a choice.
   *
   * @param better score of the chosen reply less that of the other, by the predictor in question
   * @param than the same by the one that it is compared with
   */
  void add(String user, double better, double than) {
    double difference = right(better) - right(than);
    users.merge(
        user,
        new Cluster(difference, 1),
        (a, b) -> new Cluster(a.sum + b.sum, a.choices + b.choices));
  }

  private static double right(double score) {
    return score > 0 ? 1 : score == 0 ? 0.5 : 0;
  }

  /** The mean difference of accuracy; NaN where there are no choices. */
  double mean() {
    return users.values().stream().mapToDouble(Cluster::sum).sum() / choices();
  }

  /** The lower bound; NaN with fewer than two users. */
  double lowerBound() {
    double mean = mean();
    double squares = 0;
    for (Cluster user : users.values()) {
      double residual = user.sum - user.choices * mean;
      squares += residual * residual;
    }
    double clusters = users.size();
    double variance = clusters / (clusters - 1) * squares / choices() / choices();
    return mean - NORMAL_95 * Math.sqrt(variance);
  }

  private double choices() {
    return users.values().stream().mapToLong(Cluster::choices).sum();
  }

  /** The fields of a report. */
  Map<String, @Nullable Double> json() {
    Map<String, @Nullable Double> json = new LinkedHashMap<>();
    json.put("mean", Means.orNull(mean()));
    json.put("lower_bound", Means.orNull(lowerBound()));
    return json;
  }
}
