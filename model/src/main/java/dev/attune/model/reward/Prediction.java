package dev.attune.model.reward;

import dev.attune.model.reward.EncodedExample.Target;
import java.util.List;

/**
 * What a reward model says of an example, in log-odds of each of its {@linkplain
 * EncodedExample#targets targets}.
 *
 * @param example the example
 * @param own by the example's own head
 * @param pooled by the pooled head; equal to {@code own} where that is the pooled one
 */
@SuppressWarnings("ArrayRecordComponent") // a carrier that is never compared
public record Prediction(EncodedExample example, double[] own, double[] pooled) {

  /** What a model says that has learned nothing: that everything is as likely as not. */
  public static Prediction untrained(EncodedExample example) {
    int targets = example.pairs().size() + example.judgements().size();
    return new Prediction(example, new double[targets], new double[targets]);
  }

  /**
   * Returns the log-loss in nats: the mean over the targets by weight, and over both heads. 0 where
   * nothing is asked.
   */
  public double loss() {
    List<Target> targets = example.targets();
    double sum = 0;
    double weights = 0;
    for (int i = 0; i < targets.size(); i++) {
      Target target = targets.get(i);
      sum +=
          target.weight() * (loss(own[i], target.target()) + loss(pooled[i], target.target())) / 2;
      weights += target.weight();
    }
    return weights > 0 ? sum / weights : 0;
  }

  /** −t·ln σ(s) − (1−t)·ln σ(−s), without overflow, with the same bits on every machine. */
  private static double loss(double logOdds, double target) {
    return StrictMath.log1p(StrictMath.exp(-Math.abs(logOdds)))
        + Math.max(logOdds, 0)
        - target * logOdds;
  }
}
