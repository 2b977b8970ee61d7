package dev.attune.trainer.gate;

/** The logistic model of a comparison, with the same bits on every machine. */
final class Logistic {
  private Logistic() {}

  /** Returns σ(s) = 1/(1+e⁻ˢ). */
  static double probability(double logOdds) {
    return 1 / (1 + StrictMath.exp(-logOdds));
  }

  /**
   * Returns the log-loss −t·ln σ(s) − (1−t)·ln σ(−s) in nats, without overflow.
   *
   * @param target t, from 0 to 1
   */
  static double loss(double logOdds, double target) {
    return StrictMath.log1p(StrictMath.exp(-Math.abs(logOdds)))
        + Math.max(logOdds, 0)
        - target * logOdds;
  }

  /** Returns 1 where the side that is ahead is the target's, ½ where none is ahead, else 0. */
  static double right(double logOdds, double target) {
    double ahead = logOdds * (target - 0.5);
    return ahead > 0 ? 1 : ahead == 0 ? 0.5 : 0;
  }
}
