package dev.attune.model.head;

/**
 * What is believed of one user's linear reward head, in the coordinates of a {@link HeadBasis}.
 * Immutable.
 *
 * @param weights the belief over w
 * @param events how many events it has learned from
 */
public record UserHead(GaussianWeights weights, long events) {
  /** Checks the count. */
  public UserHead {
    if (events < 0) {
      throw new IllegalArgumentException("events is " + events + "; allowed is >= 0");
    }
  }

  /**
   * A reward as the user would give it: its mean, and how unsure the head is of it.
   *
   * @param mean the expected score
   * @param variance the score's variance under the belief
   */
  public record Reward(double mean, double variance) {
    /** Returns the probability of the event (preferred, or good) that the score is of. */
    public double probability() {
      return GaussianWeights.probability(mean, variance);
    }
  }

  /** Returns the reward of coordinates x, or for x of two replies that of their difference. */
  public Reward reward(double[] x, double offset) {
    return new Reward(weights.score(x) + offset, weights.variance(x));
  }

  /**
   * Learns a comparison or a judgement; the coordinates tell which ({@link HeadBasis#difference},
   * {@link HeadBasis#reply}).
   *
   * @param x of the comparison or of the judged reply
   * @param offset what else is known of the score: the general and the domain's reward
   * @param target 1 where the first is preferred or the reply good, 0 for the contrary, ½ for a tie
   */
  public UserHead learn(double[] x, double offset, double target) {
    return new UserHead(weights.observe(x, weights.score(x) + offset, target), events + 1);
  }

  /** Widens the belief, for tastes change; see {@link GaussianWeights#drift}. */
  public UserHead drift(double time, double[] rates) {
    return new UserHead(weights.drift(time, rates), events);
  }
}
