package dev.attune.cli.evaluate;

import dev.attune.cli.evaluate.TextFeatures.Sparse;
import java.util.List;

/**
 * The floor that a learned reward must clear: a logistic regression without intercept on the
 * difference of two texts' {@link TextFeatures} (a Bradley–Terry model with linear utilities).
 * Fitted by Nesterov's accelerated gradient on the penalised mean log loss, which is convex, so the
 * result does not depend on a seed. Immutable once trained.
 */
public final class LexicalFloor {
  /** Strength of the quadratic penalty, a multiple of 1/pairs: inverse of the usual C. */
  private static final double PENALTY = 0.2;

  private static final int STEPS = 400;

  private final TextFeatures features;
  private final double[] weights;

  private LexicalFloor(TextFeatures features, double[] weights) {
    this.features = features;
    this.weights = weights;
  }

  /** Trains on pairs; pairs of identical texts teach nothing. */
  public static LexicalFloor train(List<PreferredText> pairs) {
    if (pairs.isEmpty()) {
      throw new IllegalArgumentException("no pairs to train on");
    }
    TextFeatures features = TextFeatures.of(TextFeatures.texts(pairs));
    Sparse[] rows = new Sparse[pairs.size()];
    double largest = 0;
    for (int i = 0; i < rows.length; i++) {
      PreferredText pair = pairs.get(i);
      rows[i] = TextFeatures.difference(features.of(pair.preferred()), features.of(pair.other()));
      largest = Math.max(largest, rows[i].squaredNorm());
    }
    return new LexicalFloor(features, fit(rows, features.size(), largest));
  }

  /** A text's score; the higher of two is expected to be preferred. */
  public double score(String text) {
    return features.of(text).dot(weights);
  }

  /** Accuracy over pairs. */
  public PairAccuracy accuracy(List<PreferredText> pairs) {
    PairAccuracy sum = PairAccuracy.NONE;
    for (PreferredText pair : pairs) {
      sum = sum.plus(PairAccuracy.of(score(pair.preferred()), score(pair.other())));
    }
    return sum;
  }

  private static double[] fit(Sparse[] rows, int size, double largestSquare) {
    double penalty = PENALTY / rows.length;
    double step = 1 / (largestSquare / 4 + penalty);
    double[] weights = new double[size];
    double[] ahead = new double[size];
    double[] gradient = new double[size];
    for (int k = 0; k < STEPS; k++) {
      for (int i = 0; i < size; i++) {
        gradient[i] = penalty * ahead[i];
      }
      for (Sparse row : rows) {
        double pull = -1 / (1 + Math.exp(row.dot(ahead))) / rows.length;
        row.addTo(gradient, pull);
      }
      double momentum = k / (k + 3.0);
      for (int i = 0; i < size; i++) {
        double next = ahead[i] - step * gradient[i];
        ahead[i] = next + momentum * (next - weights[i]);
        weights[i] = next;
      }
    }
    return weights;
  }
}
