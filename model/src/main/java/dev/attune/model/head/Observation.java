package dev.attune.model.head;

/**
 * One event of a user as a head learns from it: a comparison by {@link HeadBasis#difference}, or a
 * judgement by {@link HeadBasis#reply}.
 *
 * @param x the coordinates, [k]
 * @param offset what else is known of the score, in log-odds: the domain's reward, or 0
 * @param target 1 where the first is preferred or the reply good, 0 for the contrary, ½ for a tie
 * @param weight for how many events it counts
 */
@SuppressWarnings("ArrayRecordComponent") // a carrier that is never compared
public record Observation(double[] x, double offset, double target, double weight) {

  /**
   * A comparison.
   *
   * @param preferred coordinates of the preferred reply, [k]
   * @param other those of the other, [k]
   */
  public static Observation comparison(
      double[] preferred, double[] other, double offset, boolean tie, double weight) {
    double[] x = new double[preferred.length];
    for (int i = 0; i < x.length; i++) {
      x[i] = preferred[i] - other[i];
    }
    return new Observation(x, offset, tie ? 0.5 : 1, weight);
  }

  /**
   * A judgement of a single reply.
   *
   * @param reply its coordinates, [k]; not copied
   */
  public static Observation judgement(double[] reply, boolean good, double weight) {
    return new Observation(reply, 0, good ? 1 : 0, weight);
  }

  /** Returns the belief after it. */
  public GaussianWeights learn(GaussianWeights belief) {
    return belief.observe(x, belief.score(x) + offset, target, weight);
  }

  /** Returns the belief without what it taught, to first order; {@link GaussianWeights#forget}. */
  public GaussianWeights forget(GaussianWeights belief) {
    return belief.forget(x, belief.score(x) + offset, target, weight);
  }

  /** A preference of weight 1, of which nothing else is known. */
  public static Observation preferred(double[] x) {
    return new Observation(x, 0, 1, 1);
  }
}
