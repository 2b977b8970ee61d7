package dev.attune.model.head;

import java.util.List;

/**
 * The coordinates in which heads are learned: x = Bᵀ(h − μ)/σ, a few directions in the space of
 * {@link ReplyFeatures}, and one more that is 1 for a reply. So the last weight of a head is the
 * bias of judgements ("is this reply good?"), and falls out of differences. Immutable; the arrays
 * are not copied and belong to the basis.
 *
 * @param mean μ of the features, [d]
 * @param deviation σ of the features, [d]; positive
 * @param directions Bᵀ, [k − 1][d]
 */
public record HeadBasis(float[] mean, float[] deviation, List<float[]> directions) {
  /** The most coordinates that an update of O(k²) is meant for. */
  public static final int MOST = 32;

  /** Checks the shapes. */
  public HeadBasis {
    directions = List.copyOf(directions);
    if (directions.isEmpty() || directions.size() >= MOST) {
      throw new IllegalArgumentException(
          directions.size() + " directions; allowed are 1 to " + (MOST - 1));
    }
    if (deviation.length != mean.length
        || directions.stream().anyMatch(direction -> direction.length != mean.length)) {
      throw new IllegalArgumentException("shapes differ from the mean's " + mean.length);
    }
    for (int i = 0; i < mean.length; i++) {
      if (!Float.isFinite(mean[i]) || !(deviation[i] > 0)) {
        throw new IllegalArgumentException(
            "feature %d has mean %s and deviation %s".formatted(i, mean[i], deviation[i]));
      }
    }
  }

  /** Returns k, the bias included. */
  public int size() {
    return directions.size() + 1;
  }

  /** Returns the coordinates of a reply, [k]; the last is 1. */
  public double[] reply(float[] features) {
    require(features);
    double[] x = new double[size()];
    for (int i = 0; i < features.length; i++) {
      add(x, i, (features[i] - mean[i]) / deviation[i]);
    }
    x[x.length - 1] = 1;
    return x;
  }

  /** Returns x = Bᵀ(φ⁺ − φ⁻), [k]; the last is 0. */
  public double[] difference(FeaturePair pair) {
    require(pair.preferred());
    double[] x = new double[size()];
    for (int i = 0; i < mean.length; i++) {
      add(x, i, (pair.preferred()[i] - pair.other()[i]) / deviation[i]);
    }
    return x;
  }

  private void add(double[] x, int feature, float value) {
    for (int k = 0; k < x.length - 1; k++) {
      x[k] += directions.get(k)[feature] * value;
    }
  }

  private void require(float[] features) {
    if (features.length != mean.length) {
      throw new IllegalArgumentException(
          features.length + " features; the basis is of " + mean.length);
    }
  }
}
