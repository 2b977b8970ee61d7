package dev.attune.model.head;

import java.util.Arrays;

/**
 * A Gaussian belief N(m, P) over k weights of a logistic model, and its update by one event in
 * O(k²): the extended Kalman filter of logistic regression, which is one Newton step on the exact
 * posterior from the belief before (Spiegelhalter and Lauritzen 1990; West, Harrison and Migon
 * 1985). Immutable; k is some hundred at most.
 *
 * <p>The state is fp32 (the mean and the upper triangle of the covariance), the arithmetic fp64. A
 * covariance is rounded up: what the rounding to fp32 may take from an eigenvalue is added to all
 * of them, k·2⁻²⁴ of the largest variance. So it stays positive definite whatever is observed, and
 * a state that was stored goes on bit for bit.
 */
public final class GaussianWeights {
  private static final double UNIT_ROUNDOFF = 0x1p-24;

  /** The largest share of a variance's inverse that is ascribed to an event that is taken out. */
  private static final double MOST_REMOVED = 0.5;

  private final float[] mean;
  private final float[] covariance;

  private GaussianWeights(float[] mean, float[] covariance) {
    this.mean = mean;
    this.covariance = covariance;
  }

  /**
   * Returns a stored belief, unchanged.
   *
   * @param mean [k]
   * @param covariance the upper triangle, row by row, [k(k+1)/2]; must be positive definite
   * @throws IllegalArgumentException if the sizes do not fit or the values are no covariance
   */
  public static GaussianWeights restore(float[] mean, float[] covariance) {
    if (mean.length == 0 || covariance.length != mean.length * (mean.length + 1) / 2) {
      throw new IllegalArgumentException(
          "%d values are no upper triangle of a covariance of %d weights"
              .formatted(covariance.length, mean.length));
    }
    GaussianWeights restored = new GaussianWeights(mean.clone(), covariance.clone());
    for (float value : mean) {
      requireFinite("mean", value);
    }
    SmallMatrices.cholesky(restored.matrix());
    return restored;
  }

  /**
   * Returns a belief.
   *
   * @param mean [k]
   * @param covariance [k][k], symmetric and positive semidefinite
   */
  public static GaussianWeights of(double[] mean, double[][] covariance) {
    int k = mean.length;
    if (k == 0 || covariance.length != k) {
      throw new IllegalArgumentException(
          covariance.length + " rows are no covariance of " + k + " weights");
    }
    double largest = 0;
    for (int i = 0; i < k; i++) {
      largest = Math.max(largest, covariance[i][i]);
    }
    double up = k * UNIT_ROUNDOFF * largest;
    float[] packed = new float[k * (k + 1) / 2];
    float[] m = new float[k];
    int at = 0;
    for (int i = 0; i < k; i++) {
      m[i] = rounded("mean", mean[i]);
      for (int j = i; j < k; j++) {
        packed[at++] = rounded("covariance", covariance[i][j] + (i == j ? up : 0));
      }
    }
    return new GaussianWeights(m, packed);
  }

  /** Returns a belief of independent weights around zero. */
  public static GaussianWeights independent(int size, double variance) {
    double[][] covariance = new double[size][size];
    for (int i = 0; i < size; i++) {
      covariance[i][i] = variance;
    }
    return of(new double[size], covariance);
  }

  /** Returns k. */
  public int size() {
    return mean.length;
  }

  /** Returns a copy of m, [k]. */
  public float[] mean() {
    return mean.clone();
  }

  /** Returns a copy of P's upper triangle, row by row, [k(k+1)/2]. */
  public float[] covariance() {
    return covariance.clone();
  }

  /** Returns P, [k][k]. */
  public double[][] matrix() {
    int k = mean.length;
    double[][] matrix = new double[k][k];
    int at = 0;
    for (int i = 0; i < k; i++) {
      for (int j = i; j < k; j++) {
        matrix[i][j] = covariance[at];
        matrix[j][i] = covariance[at++];
      }
    }
    return matrix;
  }

  /** Returns the expected score m·x. */
  public double score(double[] x) {
    requireSize(x);
    double sum = 0;
    for (int i = 0; i < x.length; i++) {
      sum += mean[i] * x[i];
    }
    return sum;
  }

  /** Returns the score's variance v = xᵀPx. */
  public double variance(double[] x) {
    requireSize(x);
    return dot(x, times(x));
  }

  /**
   * Returns the probability σ(s/√(1+πv/8)): the logistic of a score with mean s and variance v,
   * averaged over the belief (MacKay 1992, "The evidence framework applied to classification
   * networks").
   */
  public static double probability(double score, double variance) {
    return sigmoid(score / Math.sqrt(1 + Math.PI * variance / 8));
  }

  /**
   * Learns one event: with p = σ(s), q = p(1−p), v = xᵀPx: P ← P − (Px)(Px)ᵀ·q/(1+qv), then m ← m +
   * Px(t−p) with the new P.
   *
   * @param x the slope of the score by the weights, [k]
   * @param score s at the mean: m·x and whatever else the score has, such as an offset
   * @param target t: the probability that is asked for; 1 for preferred, 0 for the contrary, ½ for
   *     a tie
   * @throws IllegalArgumentException if a value is not finite, so large that its square is not, or
   *     the target no probability
   */
  public GaussianWeights observe(double[] x, double score, double target) {
    return observe(x, score, target, 1);
  }

  /**
   * Learns an event that counts for more or less than one: its log-likelihood is multiplied by the
   * weight.
   *
   * @param weight finite, at least 0
   */
  public GaussianWeights observe(double[] x, double score, double target, double weight) {
    double p = sigmoid(requireEvent(x, score, target, weight));
    double q = weight * p * (1 - p);
    double[] g = times(x);
    double v = requireFinite("x", dot(x, g));
    double shrink = q / (1 + q * v);
    double[][] next = matrix();
    double[] moved = new double[x.length];
    for (int i = 0; i < x.length; i++) {
      for (int j = 0; j < x.length; j++) {
        next[i][j] -= g[i] * g[j] * shrink;
      }
      // the new P times x is the old one's, divided by 1 + qv
      moved[i] = mean[i] + g[i] / (1 + q * v) * (weight * (target - p));
    }
    return of(moved, next);
  }

  /**
   * Takes out what an event taught, to first order: one Newton step from the belief to that without
   * the event's log-likelihood (Guo et al. 2020, "Certified data removal", arXiv 1911.03030). With
   * q and v as above: P ← P + (Px)(Px)ᵀ·q/(1−qv), then m ← m − Px(t−p) with the new P. A variance
   * at most doubles.
   *
   * @param score s at the present mean
   */
  public GaussianWeights forget(double[] x, double score, double target, double weight) {
    double p = sigmoid(requireEvent(x, score, target, weight));
    double[] g = times(x);
    double v = requireFinite("x", dot(x, g));
    double q = weight * p * (1 - p);
    if (q * v > MOST_REMOVED) {
      q = MOST_REMOVED / v;
    }
    double grow = q / (1 - q * v);
    double[][] next = matrix();
    double[] moved = new double[x.length];
    for (int i = 0; i < x.length; i++) {
      for (int j = 0; j < x.length; j++) {
        next[i][j] += g[i] * g[j] * grow;
      }
      moved[i] = mean[i] - g[i] / (1 - q * v) * (weight * (target - p));
    }
    return of(moved, next);
  }

  private double requireEvent(double[] x, double score, double target, double weight) {
    requireSize(x);
    requireFinite("score", score);
    if (!(target >= 0 && target <= 1)) {
      throw new IllegalArgumentException("target is " + target + "; allowed is 0 to 1");
    }
    if (!(weight >= 0) || Double.isInfinite(weight)) {
      throw new IllegalArgumentException("weight is " + weight + "; allowed is finite and >= 0");
    }
    return score;
  }

  /**
   * Lets the belief widen with time, for tastes change: P ← P + time·Q.
   *
   * @param time since the event before, at least 0, in the unit of {@code rates}
   * @param rates the diagonal of Q, [k]: variance that a weight gains in a unit of time
   */
  public GaussianWeights drift(double time, double[] rates) {
    requireSize(rates);
    double[][] next = matrix();
    for (int i = 0; i < rates.length; i++) {
      if (!(time >= 0) || !(rates[i] >= 0)) {
        throw new IllegalArgumentException(
            "time %s, rate %s; allowed are 0 and more".formatted(time, rates[i]));
      }
      next[i][i] += time * rates[i];
    }
    double[] same = new double[rates.length];
    Arrays.setAll(same, i -> mean[i]);
    return of(same, next);
  }

  /** Returns 1/(1+e⁻ˢ). */
  static double sigmoid(double s) {
    return 1 / (1 + Math.exp(-s));
  }

  private double[] times(double[] x) {
    double[] product = new double[x.length];
    int at = 0;
    for (int i = 0; i < x.length; i++) {
      product[i] += covariance[at++] * x[i];
      for (int j = i + 1; j < x.length; j++) {
        product[i] += covariance[at] * x[j];
        product[j] += covariance[at++] * x[i];
      }
    }
    return product;
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }

  private void requireSize(double[] x) {
    if (x.length != mean.length) {
      throw new IllegalArgumentException(
          x.length + " values for a belief over " + mean.length + " weights");
    }
  }

  private static double requireFinite(String name, double value) {
    if (!Double.isFinite(value)) {
      throw new IllegalArgumentException(name + " has the value " + value);
    }
    return value;
  }

  /** What fp32 cannot hold is no state. */
  private static float rounded(String name, double value) {
    return (float) requireFinite(name, Math.abs(value) > Float.MAX_VALUE ? Double.NaN : value);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof GaussianWeights weights
        && Arrays.equals(mean, weights.mean)
        && Arrays.equals(covariance, weights.covariance);
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(mean) + Arrays.hashCode(covariance);
  }
}
