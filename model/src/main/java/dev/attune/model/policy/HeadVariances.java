package dev.attune.model.policy;

import dev.attune.model.head.HeadBasis;
import java.util.List;

/**
 * How large the weights of heads are expected to be before anyone was seen. Coordinates have mean
 * square 1, whatever their direction had, so equal variances would expect as much of a direction in
 * which replies hardly differ as of one in which they differ most. What is expected instead is what
 * ridge regression on the features expects: a direction's share of the mean square. The length and
 * the bias of judgements, which are features by themselves, count fully.
 */
final class HeadVariances {
  private HeadVariances() {}

  /**
   * Returns the variances of a head's weights, [k].
   *
   * @param basis with the length as its first direction
   * @param variance of the length, of the bias, and of the direction in which replies differ most
   */
  static double[] of(HeadBasis basis, double variance) {
    List<float[]> directions = basis.directions();
    double[] variances = new double[basis.size()];
    double most = 0;
    for (int i = 1; i < directions.size(); i++) {
      variances[i] = meanSquare(directions.get(i));
      most = Math.max(most, variances[i]);
    }
    for (int i = 1; i < directions.size(); i++) {
      variances[i] *= variance / most;
    }
    variances[0] = variance;
    variances[directions.size()] = variance;
    return variances;
  }

  /** That of the direction's unit vector: the coordinate was divided by its root. */
  private static double meanSquare(float[] direction) {
    double squares = 0;
    for (float value : direction) {
      squares += (double) value * value;
    }
    return 1 / squares;
  }
}
