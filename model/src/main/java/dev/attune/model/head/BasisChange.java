package dev.attune.model.head;

import java.util.ArrayList;
import java.util.List;

/**
 * The linear map that carries heads from one basis B to another B': the M that makes ⟨Mw, B'ᵀh⟩
 * nearest to ⟨w, Bᵀh⟩ in least squares over a sample of differences of replies. It is exact where
 * B' spans what B does. The bias of judgements is carried as it is. Immutable.
 */
public final class BasisChange {
  /** Keeps the normal equations solvable where the sample does not fill the new basis. */
  private static final double RIDGE = 1e-6;

  private final double[][] map;

  private BasisChange(double[][] map) {
    this.map = map;
  }

  /**
   * Fits the map.
   *
   * @param sample pairs of replies, more than the bases have dimensions
   */
  public static BasisChange between(HeadBasis from, HeadBasis to, List<FeaturePair> sample) {
    int k = to.size();
    double[][] gram = new double[k][k];
    double[][] cross = new double[k][from.size()];
    for (FeaturePair pair : sample) {
      double[] x = from.difference(pair);
      double[] y = to.difference(pair);
      for (int i = 0; i < k; i++) {
        for (int j = 0; j < k; j++) {
          gram[i][j] += y[i] * y[j];
        }
        for (int j = 0; j < x.length; j++) {
          cross[i][j] += y[i] * x[j];
        }
      }
    }
    for (int i = 0; i < k; i++) {
      gram[i][i] += RIDGE * Math.max(1, sample.size());
    }
    // differences say nothing of the bias
    gram[k - 1][k - 1] = 1;
    cross[k - 1][from.size() - 1] = 1;
    double[][] map = SmallMatrices.product(SmallMatrices.inverse(gram), cross);
    // As it is stored, so that a stored map carries heads exactly as this one does.
    for (double[] row : map) {
      for (int i = 0; i < row.length; i++) {
        row[i] = (float) row[i];
      }
    }
    return new BasisChange(map);
  }

  /** Restores what {@link #rows} gave. */
  public static BasisChange restore(List<float[]> rows) {
    double[][] map = new double[rows.size()][];
    for (int i = 0; i < map.length; i++) {
      map[i] = new double[rows.get(i).length];
      for (int j = 0; j < map[i].length; j++) {
        map[i][j] = rows.get(i)[j];
      }
    }
    return new BasisChange(map);
  }

  /** Returns M's rows as they are stored, [k'][k]. */
  public List<float[]> rows() {
    List<float[]> rows = new ArrayList<>();
    for (double[] from : map) {
      float[] row = new float[from.length];
      for (int j = 0; j < row.length; j++) {
        row[j] = (float) from[j];
      }
      rows.add(row);
    }
    return rows;
  }

  /** Returns M, [k'][k]. */
  public double[][] matrix() {
    double[][] copy = new double[map.length][];
    for (int i = 0; i < map.length; i++) {
      copy[i] = map[i].clone();
    }
    return copy;
  }

  /**
   * Carries a belief: what was learned beyond the old prior goes through M onto the new prior. A
   * user without events gets the new prior; in directions that the old basis lacked, the new
   * prior's uncertainty stays.
   *
   * @return N(μ' + M(m − μ), MPMᵀ + (P₀' − MP₀Mᵀ)₊)
   */
  public GaussianWeights carry(
      GaussianWeights weights, GaussianWeights oldPrior, GaussianWeights newPrior) {
    float[] m = weights.mean();
    float[] mu = oldPrior.mean();
    double[] beyond = new double[m.length];
    for (int i = 0; i < m.length; i++) {
      beyond[i] = m[i] - mu[i];
    }
    double[] mean = SmallMatrices.product(map, beyond);
    float[] start = newPrior.mean();
    double[][] known = congruent(oldPrior.matrix());
    double[][] open = newPrior.matrix();
    for (int i = 0; i < mean.length; i++) {
      mean[i] += start[i];
      for (int j = 0; j < mean.length; j++) {
        open[i][j] -= known[i][j];
      }
    }
    double[][] covariance = congruent(weights.matrix());
    double[][] rest = SmallMatrices.positivePart(open);
    for (int i = 0; i < mean.length; i++) {
      for (int j = 0; j < mean.length; j++) {
        covariance[i][j] += rest[i][j];
      }
    }
    return GaussianWeights.of(mean, covariance);
  }

  private double[][] congruent(double[][] p) {
    return SmallMatrices.product(SmallMatrices.product(map, p), SmallMatrices.transpose(map));
  }
}
