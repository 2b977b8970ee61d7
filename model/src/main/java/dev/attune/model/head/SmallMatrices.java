package dev.attune.model.head;

/** Dense linear algebra for a few dozen rows, fp64. */
final class SmallMatrices {
  private SmallMatrices() {}

  /**
   * Returns the lower factor L of a = L·Lᵀ.
   *
   * @throws IllegalArgumentException if {@code a} is not positive definite
   */
  static double[][] cholesky(double[][] a) {
    int n = a.length;
    double[][] lower = new double[n][n];
    for (int i = 0; i < n; i++) {
      for (int j = 0; j <= i; j++) {
        double sum = a[i][j];
        for (int k = 0; k < j; k++) {
          sum -= lower[i][k] * lower[j][k];
        }
        if (i != j) {
          lower[i][j] = sum / lower[j][j];
        } else if (sum > 0 && Double.isFinite(sum)) {
          lower[i][i] = Math.sqrt(sum);
        } else {
          throw new IllegalArgumentException("the matrix is not positive definite");
        }
      }
    }
    return lower;
  }

  /** Returns x of L·Lᵀ·x = b. */
  static double[] solve(double[][] lower, double[] b) {
    int n = b.length;
    double[] x = b.clone();
    for (int i = 0; i < n; i++) {
      for (int k = 0; k < i; k++) {
        x[i] -= lower[i][k] * x[k];
      }
      x[i] /= lower[i][i];
    }
    for (int i = n - 1; i >= 0; i--) {
      for (int k = i + 1; k < n; k++) {
        x[i] -= lower[k][i] * x[k];
      }
      x[i] /= lower[i][i];
    }
    return x;
  }

  /** Returns a⁻¹ of a positive definite matrix. */
  static double[][] inverse(double[][] a) {
    double[][] lower = cholesky(a);
    double[][] inverse = new double[a.length][];
    for (int i = 0; i < a.length; i++) {
      double[] unit = new double[a.length];
      unit[i] = 1;
      inverse[i] = solve(lower, unit);
    }
    return inverse;
  }

  /** Returns a·b. */
  static double[][] product(double[][] a, double[][] b) {
    double[][] product = new double[a.length][b[0].length];
    for (int i = 0; i < a.length; i++) {
      for (int k = 0; k < b.length; k++) {
        for (int j = 0; j < b[0].length; j++) {
          product[i][j] += a[i][k] * b[k][j];
        }
      }
    }
    return product;
  }

  /** Returns aᵀ. */
  static double[][] transpose(double[][] a) {
    double[][] transpose = new double[a[0].length][a.length];
    for (int i = 0; i < a.length; i++) {
      for (int j = 0; j < a[0].length; j++) {
        transpose[j][i] = a[i][j];
      }
    }
    return transpose;
  }

  /** Returns a·x. */
  static double[] product(double[][] a, double[] x) {
    double[] product = new double[a.length];
    for (int i = 0; i < a.length; i++) {
      for (int j = 0; j < x.length; j++) {
        product[i] += a[i][j] * x[j];
      }
    }
    return product;
  }

  /**
   * Returns the symmetric matrix with {@code a}'s eigenvectors and with those of its eigenvalues
   * that are below zero set to it; by cyclic Jacobi rotations (Golub and Van Loan, §8.5).
   */
  static double[][] positivePart(double[][] a) {
    int n = a.length;
    double[][] d = new double[n][];
    double[][] vectors = new double[n][n];
    for (int i = 0; i < n; i++) {
      d[i] = a[i].clone();
      vectors[i][i] = 1;
    }
    for (int sweep = 0; sweep < 30; sweep++) {
      for (int p = 0; p < n; p++) {
        for (int q = p + 1; q < n; q++) {
          rotate(d, vectors, p, q);
        }
      }
    }
    double[][] part = new double[n][n];
    for (int e = 0; e < n; e++) {
      double value = Math.max(0, d[e][e]);
      for (int i = 0; i < n; i++) {
        for (int j = 0; j < n; j++) {
          part[i][j] += value * vectors[i][e] * vectors[j][e];
        }
      }
    }
    return part;
  }

  private static void rotate(double[][] d, double[][] vectors, int p, int q) {
    if (d[p][q] == 0) {
      return;
    }
    double theta = (d[q][q] - d[p][p]) / (2 * d[p][q]);
    double t = Math.copySign(1, theta) / (Math.abs(theta) + Math.hypot(1, theta));
    double c = 1 / Math.hypot(1, t);
    double s = t * c;
    for (int i = 0; i < d.length; i++) {
      double ip = d[i][p];
      double iq = d[i][q];
      d[i][p] = c * ip - s * iq;
      d[i][q] = s * ip + c * iq;
      double vp = vectors[i][p];
      double vq = vectors[i][q];
      vectors[i][p] = c * vp - s * vq;
      vectors[i][q] = s * vp + c * vq;
    }
    for (int i = 0; i < d.length; i++) {
      double pi = d[p][i];
      double qi = d[q][i];
      d[p][i] = c * pi - s * qi;
      d[q][i] = s * pi + c * qi;
    }
  }
}
