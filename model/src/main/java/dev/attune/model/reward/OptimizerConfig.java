package dev.attune.model.reward;

/**
 * How gradients are taken and become weights: AdamW (Loshchilov and Hutter 2017, arXiv 1711.05101),
 * its learning rate over time, and the running average of the weights that is served.
 *
 * @param learningRate after the warm-up
 * @param weightDecay of all parameters
 * @param beta1 decay of the mean gradient
 * @param beta2 decay of the mean squared gradient
 * @param clip longest gradient, as the norm over all parameters
 * @param warmUpSteps steps in which the learning rate rises from zero
 * @param decaySteps of a stream: steps after which the learning rate falls, as √(decaySteps /
 *     steps)
 * @param plannedSteps of a run whose end is known: its steps; the learning rate stays for {@value
 *     #CONSTANT} of them and then falls linearly to zero. 0 is a stream
 * @param average decay of the running average of the weights; 0 serves the weights themselves
 * @param dropout probability with which an element of an adapter's input is dropped in training
 * @param checkpointing whether each layer is computed once more on the way back instead of being
 *     kept (Chen et al. 2016, arXiv 1604.06174): less memory, a third more time, equal gradients
 */
public record OptimizerConfig(
    double learningRate,
    double weightDecay,
    double beta1,
    double beta2,
    double clip,
    int warmUpSteps,
    int decaySteps,
    int plannedSteps,
    double average,
    double dropout,
    boolean checkpointing) {
  private static final double CONSTANT = 0.3;
  private static final double AVERAGE_SHARE = 4;

  /** Checks every component. */
  public OptimizerConfig {
    Limits.within("learningRate", learningRate, 1e-9, 1);
    Limits.within("weightDecay", weightDecay, 0, 1);
    Limits.within("beta1", beta1, 0, 0.9999);
    Limits.within("beta2", beta2, 0, 0.99999);
    Limits.within("clip", clip, 1e-6, 1e6);
    Limits.within("warmUpSteps", warmUpSteps, 0, 1_000_000);
    Limits.within("decaySteps", decaySteps, 1, Integer.MAX_VALUE);
    Limits.within("plannedSteps", plannedSteps, 0, Integer.MAX_VALUE);
    Limits.within("average", average, 0, 0.99999);
    Limits.within("dropout", dropout, 0, 0.99);
  }

  /** What served best on streams with a small base. */
  public static OptimizerConfig defaults() {
    return new OptimizerConfig(4e-3, 0.01, 0.9, 0.98, 1.0, 10, 60, 0, 0.99, 0, false);
  }

  /** The same for a run of so many steps, which ends with the weights themselves. */
  public OptimizerConfig planned(int steps) {
    return new OptimizerConfig(
        learningRate,
        weightDecay,
        beta1,
        beta2,
        clip,
        steps / 20,
        decaySteps,
        steps,
        0,
        dropout,
        checkpointing);
  }

  /** The learning rate of a step, counted from 1. */
  double learningRate(long step) {
    double warm = Math.min(1, (double) step / (warmUpSteps + 1));
    return learningRate * warm * (plannedSteps > 0 ? untilTheEnd(step) : ofAStream(step));
  }

  private double untilTheEnd(long step) {
    double left = Math.max(0, plannedSteps - step + 1.0) / plannedSteps;
    return Math.min(1, left / (1 - CONSTANT));
  }

  private double ofAStream(long step) {
    return Math.min(1, Math.sqrt((double) decaySteps / step));
  }

  /**
   * The decay of the running average at a step, counted from 1: over the last quarter of a short
   * history (polynomial-decay averaging, Shamir and Zhang 2013, arXiv 1212.1824), then as
   * configured.
   */
  double average(long step) {
    return Math.min(average, step / (step + AVERAGE_SHARE));
  }
}
