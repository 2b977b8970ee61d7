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

  /** A preference of weight 1, of which nothing else is known. */
  public static Observation preferred(double[] x) {
    return new Observation(x, 0, 1, 1);
  }
}
