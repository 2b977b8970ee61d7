package dev.attune.model.head;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Made-up users whose rewards are linear in random features, with some directions in common. */
final class LinearUsers {
  private final Random random;
  private final int features;

  LinearUsers(int features, long seed) {
    this.features = features;
    this.random = new Random(seed);
  }

  /** A user's weights: so much of each of the first few features. */
  double[] weights(double... first) {
    double[] weights = new double[features];
    System.arraycopy(first, 0, weights, 0, first.length);
    return weights;
  }

  List<FeaturePair> comparisons(double[] weights, int count) {
    List<FeaturePair> pairs = new ArrayList<>();
    for (int n = 0; n < count; n++) {
      float[] first = new float[features];
      float[] second = new float[features];
      double score = 0;
      for (int i = 0; i < features; i++) {
        first[i] = (float) (10 + 3 * random.nextGaussian());
        second[i] = (float) (10 + 3 * random.nextGaussian());
        score += weights[i] * (first[i] - second[i]) / 3;
      }
      boolean preferred = random.nextDouble() < GaussianWeights.sigmoid(score);
      pairs.add(preferred ? new FeaturePair(first, second) : new FeaturePair(second, first));
    }
    return pairs;
  }

  static double accuracy(UserHead head, HeadBasis basis, List<FeaturePair> pairs) {
    return pairs.stream()
        .mapToInt(pair -> head.reward(basis.difference(pair), 0).mean() > 0 ? 1 : 0)
        .average()
        .orElse(Double.NaN);
  }
}
