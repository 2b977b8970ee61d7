package dev.attune.cli.evaluate;

import java.util.HashMap;
import java.util.Map;

/**
 * The mean of values that come in clusters, such as a user's choices, which depend on each other:
 * clusters are what is drawn, so the variance is V = C/(C−1) · Σ_c (Σ_{i∈c} (x_i − x̄))² / n²
 * (Liang and Zeger 1986). One thread at a time.
 */
public final class ClusteredMean {
  /** Of a normal distribution, what 97.5 % lie below: an interval of 95 %. */
  public static final double TWO_SIDED_95 = 1.959963984540054;

  private record Cluster(double sum, long values) {}

  private final Map<String, Cluster> clusters = new HashMap<>();
  private double sum;
  private long values;

  public void add(String cluster, double value) {
    clusters.merge(
        cluster, new Cluster(value, 1), (a, b) -> new Cluster(a.sum + b.sum, a.values + b.values));
    sum += value;
    values++;
  }

  /** How many values there are. */
  public long values() {
    return values;
  }

  /** How many clusters they come from. */
  public int clusters() {
    return clusters.size();
  }

  /** NaN where there are no values. */
  public double mean() {
    return sum / values;
  }

  /** The mean's standard error; NaN with fewer than two clusters. */
  public double standardError() {
    double mean = mean();
    double squares = 0;
    for (Cluster cluster : clusters.values()) {
      double residual = cluster.sum - cluster.values * mean;
      squares += residual * residual;
    }
    double count = clusters.size();
    return Math.sqrt(count / (count - 1) * squares) / values;
  }
}
