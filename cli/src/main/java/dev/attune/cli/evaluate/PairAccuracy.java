package dev.attune.cli.evaluate;

/**
 * The share of pairs in which the preferred reply has the higher score. Equal scores count half.
 *
 * @param right pairs in the right order, those with equal scores as a half
 * @param pairs all pairs
 */
public record PairAccuracy(double right, long pairs) {
  /** No pairs yet. */
  public static final PairAccuracy NONE = new PairAccuracy(0, 0);

  /** Of one pair. */
  public static PairAccuracy of(double preferred, double other) {
    return new PairAccuracy(preferred > other ? 1 : preferred == other ? 0.5 : 0, 1);
  }

  /** Of the pairs that the reply at one index makes with each other reply. */
  public static PairAccuracy of(double[] scores, int preferred) {
    PairAccuracy sum = NONE;
    for (int i = 0; i < scores.length; i++) {
      if (i != preferred) {
        sum = sum.plus(of(scores[preferred], scores[i]));
      }
    }
    return sum;
  }

  /** Both together, each pair counted alike. */
  public PairAccuracy plus(PairAccuracy more) {
    return new PairAccuracy(right + more.right, pairs + more.pairs);
  }

  /** From 0 to 1; NaN where there are no pairs. */
  public double value() {
    return pairs == 0 ? Double.NaN : right / pairs;
  }
}
