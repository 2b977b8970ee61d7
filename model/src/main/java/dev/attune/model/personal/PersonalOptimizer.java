package dev.attune.model.personal;

/**
 * How gradients become weights: AdamW (Loshchilov and Hutter 2017, arXiv 1711.05101) for what all
 * users share, and each user's own Adam (Kingma and Ba 2014, arXiv 1412.6980) for rows.
 *
 * @param learningRate of the adapter and the head, after the warm-up
 * @param weightDecay of the adapter and the head; users' vectors have none
 * @param beta1 decay of the mean gradient
 * @param beta2 decay of the mean squared gradient
 * @param clip longest gradient, as the norm over all that is learned
 * @param warmUpSteps steps in which the learning rates rise from zero
 * @param decaySteps of a stream: steps after which they fall, as √(decaySteps / steps)
 * @param plannedSteps of a run whose end is known: they fall linearly to zero from 30 % of these
 *     steps on; 0 is a stream
 * @param vectorLearningRate of users' vectors (rows, e_0 and clusters' vectors), as a share of the
 *     root mean square of the base's embeddings, whose scale differs between bases by a factor of a
 *     hundred. In a stream rows keep it, since each user begins at another time
 * @param logitLearningRate of clusters' logits
 * @param vectorBeta2 like {@code beta2}, for users' vectors and logits
 * @param checkpointing whether each layer is computed once more on the way back instead of being
 *     kept: less memory for a third more time (Chen et al. 2016, arXiv 1604.06174)
 */
public record PersonalOptimizer(
    double learningRate,
    double weightDecay,
    double beta1,
    double beta2,
    double clip,
    int warmUpSteps,
    int decaySteps,
    int plannedSteps,
    double vectorLearningRate,
    double logitLearningRate,
    double vectorBeta2,
    boolean checkpointing) {
  private static final double CONSTANT = 0.3;

  /** Checks every component. */
  public PersonalOptimizer {
    within("learningRate", learningRate, 0, 1);
    within("weightDecay", weightDecay, 0, 1);
    within("beta1", beta1, 0, 0.9999);
    within("beta2", beta2, 0, 0.99999);
    within("clip", clip, 1e-6, 1e6);
    within("warmUpSteps", warmUpSteps, 0, 1_000_000);
    within("decaySteps", decaySteps, 1, Integer.MAX_VALUE);
    within("plannedSteps", plannedSteps, 0, Integer.MAX_VALUE);
    within("vectorLearningRate", vectorLearningRate, 0, 1);
    within("logitLearningRate", logitLearningRate, 0, 10);
    within("vectorBeta2", vectorBeta2, 0, 0.99999);
  }

  private static void within(String name, double value, double least, double most) {
    if (!(value >= least && value <= most)) {
      throw new IllegalArgumentException(
          "%s is %s; allowed is %s to %s".formatted(name, value, least, most));
    }
  }

  /** The recipe for a small base and a stream. */
  public static PersonalOptimizer defaults() {
    return new PersonalOptimizer(2e-3, 0, 0.9, 0.98, 1, 10, 250, 0, 0.04, 0.1, 0.99, false);
  }

  /** Returns this recipe for a run of so many steps. */
  public PersonalOptimizer planned(int steps) {
    return new PersonalOptimizer(
        learningRate,
        weightDecay,
        beta1,
        beta2,
        clip,
        steps / 20,
        decaySteps,
        steps,
        vectorLearningRate,
        logitLearningRate,
        vectorBeta2,
        checkpointing);
  }

  /** Returns by what a step, counted from 1, multiplies the learning rates. */
  double schedule(long step) {
    double warm = Math.min(1, (double) step / (warmUpSteps + 1));
    if (plannedSteps == 0) {
      return warm * Math.min(1, Math.sqrt((double) decaySteps / step));
    }
    double left = Math.max(0, plannedSteps - step + 1.0) / plannedSteps;
    return warm * Math.min(1, left / (1 - CONSTANT));
  }
}
