package dev.attune.model.head;

import java.util.ArrayList;
import java.util.List;

/**
 * The subspace in which new users' rows of a personal policy (P-DPO) are learned: row = mean + V·a,
 * V the leading singular vectors of the rows that were trained together. What is believed of a
 * user's a is Gaussian, and an event updates it in closed form: with s = βΔ at the user's row, the
 * slope of s by a is x = Vᵀ∂s/∂row. Immutable; pure mathematics, the policy gives s and the
 * gradient.
 */
public final class RowSubspace {
  private final float[] mean;
  private final List<float[]> directions;
  private final GaussianWeights prior;

  private RowSubspace(float[] mean, List<float[]> directions, GaussianWeights prior) {
    this.mean = mean;
    this.directions = directions;
    this.prior = prior;
  }

  /**
   * Spans the rows of trained users around a centre: that of the generic user, so that one of whom
   * nothing is known gets what they get.
   *
   * @param centre [D], the row where a = 0
   * @param rows trained rows, [D] each
   * @param rank how many directions; fewer where there are fewer rows
   */
  public static RowSubspace of(float[] centre, List<float[]> rows, int rank) {
    if (rows.isEmpty() || rank < 1 || rank > HeadBasis.MOST) {
      throw new IllegalArgumentException(
          "%d rows, rank %d; allowed are a row and 1 to %d"
              .formatted(rows.size(), rank, HeadBasis.MOST));
    }
    List<float[]> offsets = new ArrayList<>();
    for (float[] row : rows) {
      float[] offset = row.clone();
      for (int i = 0; i < centre.length; i++) {
        offset[i] -= centre[i];
      }
      offsets.add(offset);
    }
    List<float[]> directions = BasisLearner.leading(offsets, rank);
    return new RowSubspace(centre.clone(), directions, prior(offsets, directions));
  }

  /** Restores a subspace from its parts; the arrays are not copied and belong to it. */
  public static RowSubspace restore(
      float[] centre, List<float[]> directions, GaussianWeights prior) {
    if (directions.size() != prior.size()
        || directions.stream().anyMatch(direction -> direction.length != centre.length)) {
      throw new IllegalArgumentException(
          "%d directions for rows of %d with a prior of %d"
              .formatted(directions.size(), centre.length, prior.size()));
    }
    return new RowSubspace(centre, List.copyOf(directions), prior);
  }

  /** Returns a copy of the row where a = 0: the generic user's, [D]. */
  public float[] centre() {
    return mean.clone();
  }

  /**
   * Returns the belief about a user whose row was learned elsewhere: the coordinates nearest to the
   * row, with the prior's uncertainty, so that it is trained on from there.
   *
   * @param row [D]
   */
  public GaussianWeights project(float[] row) {
    float[] offset = row.clone();
    for (int i = 0; i < offset.length; i++) {
      offset[i] -= mean[i];
    }
    return GaussianWeights.of(coordinates(directions, offset), prior.matrix());
  }

  /** The mean square of the rows' coordinates, around zero: the new user is the centre's. */
  private static GaussianWeights prior(List<float[]> offsets, List<float[]> directions) {
    int k = directions.size();
    double[][] covariance = new double[k][k];
    for (float[] offset : offsets) {
      double[] a = coordinates(directions, offset);
      for (int i = 0; i < k; i++) {
        for (int j = 0; j < k; j++) {
          covariance[i][j] += a[i] * a[j] / offsets.size();
        }
      }
    }
    return GaussianWeights.of(new double[k], covariance);
  }

  /** Returns the belief about a new user's a. */
  public GaussianWeights prior() {
    return prior;
  }

  /** Returns V's columns, orthonormal, [D] each. */
  public List<float[]> directions() {
    return directions;
  }

  /** Returns the row at the expected a: mean + V·a, [D]. */
  public float[] row(GaussianWeights a) {
    float[] row = mean.clone();
    float[] at = a.mean();
    for (int k = 0; k < at.length; k++) {
      float[] direction = directions.get(k);
      for (int i = 0; i < row.length; i++) {
        row[i] += at[k] * direction[i];
      }
    }
    return row;
  }

  /**
   * Learns one comparison or judgement.
   *
   * @param a the belief before
   * @param gradient ∂s/∂row at {@link #row}, [D]
   * @param score s = βΔ there
   * @param target 1 where the first is preferred, 0 for the contrary, ½ for a tie
   */
  public GaussianWeights observe(GaussianWeights a, float[] gradient, double score, double target) {
    return observe(a, gradient, score, target, 1);
  }

  /**
   * Learns a comparison that counts for more or less than one; see {@link
   * GaussianWeights#observe(double[], double, double, double)}.
   */
  public GaussianWeights observe(
      GaussianWeights a, float[] gradient, double score, double target, double weight) {
    return a.observe(coordinates(directions, required(gradient)), score, target, weight);
  }

  /** Takes out what a comparison taught; see {@link GaussianWeights#forget}. */
  public GaussianWeights forget(
      GaussianWeights a, float[] gradient, double score, double target, double weight) {
    return a.forget(coordinates(directions, required(gradient)), score, target, weight);
  }

  /**
   * Returns by how much s changes to first order when the expected a moves.
   *
   * @param gradient ∂s/∂row at the row of {@code before}, [D]
   */
  public double moved(GaussianWeights before, GaussianWeights after, float[] gradient) {
    double[] x = coordinates(directions, required(gradient));
    return after.score(x) - before.score(x);
  }

  private float[] required(float[] gradient) {
    if (gradient.length != mean.length) {
      throw new IllegalArgumentException(
          "a gradient of " + gradient.length + " values for rows of " + mean.length);
    }
    return gradient;
  }

  private static double[] coordinates(List<float[]> directions, float[] vector) {
    double[] x = new double[directions.size()];
    for (int k = 0; k < x.length; k++) {
      for (int i = 0; i < vector.length; i++) {
        x[k] += directions.get(k)[i] * vector[i];
      }
    }
    return x;
  }
}
