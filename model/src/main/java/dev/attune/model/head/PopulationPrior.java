package dev.attune.model.head;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;

/**
 * What a new user's head is expected to be: the mean and covariance of the heads of the users seen
 * so far. Each user's head is N(μ, Σ); μ and Σ are found by expectation maximisation with a Laplace
 * approximation of each user's posterior (empirical Bayes; Tierney and Kadane 1986), so a user with
 * few comparisons, or none along a direction, does not count as one who has no taste there.
 *
 * @param variance of each weight before anyone was seen
 * @param strength how many users that variance counts for (the inverse Wishart prior of Σ)
 * @param meanStrength how many users a mean of zero counts for (the normal prior of μ given Σ)
 * @param rounds of expectation maximisation
 */
public record PopulationPrior(double variance, double strength, double meanStrength, int rounds) {
  /** Weights of about 1, counted as four users; nothing is said of their mean. */
  public static final PopulationPrior DEFAULT = new PopulationPrior(1, 4, 0, 10);

  private static final int NEWTON_STEPS = 20;

  /** Checks the ranges. */
  public PopulationPrior {
    if (!(variance > 0) || !(strength > 0) || !(meanStrength >= 0) || rounds < 1) {
      throw new IllegalArgumentException(
          "variance %s, strength %s, strength of the mean %s, %d rounds; allowed are > 0, > 0, >= 0"
                  .formatted(variance, strength, meanStrength, rounds)
              + " and >= 1");
    }
  }

  /**
   * Fits the prior.
   *
   * @param size k
   * @param users for each user what was observed of them
   */
  public GaussianWeights fit(int size, Collection<List<Observation>> users) {
    double[] variances = new double[size];
    Arrays.fill(variances, variance);
    return fit(variances, users);
  }

  /**
   * Fits the prior where weights are not expected to be equally large.
   *
   * @param variances in place of {@link #variance}, of each weight, [k]
   * @param users for each user what was observed of them
   */
  public GaussianWeights fit(double[] variances, Collection<List<Observation>> users) {
    int size = variances.length;
    double[] mean = new double[size];
    double[][] covariance = new double[size][size];
    for (int i = 0; i < size; i++) {
      covariance[i][i] = variances[i];
    }
    for (int round = 0; round < rounds; round++) {
      double[][] precision = SmallMatrices.inverse(covariance);
      List<double[]> modes = new ArrayList<>();
      double[][] sum = new double[size][size];
      for (List<Observation> user : users) {
        double[] mode = mean.clone();
        double[][] curvature = precision;
        for (int step = 0; step < NEWTON_STEPS; step++) {
          curvature = newton(mode, mean, precision, user);
        }
        modes.add(mode);
        add(sum, SmallMatrices.inverse(curvature));
      }
      mean = mean(modes, size);
      for (int i = 0; i < size; i++) {
        for (int j = 0; j < size; j++) {
          sum[i][j] += meanStrength * mean[i] * mean[j];
        }
      }
      for (double[] mode : modes) {
        for (int i = 0; i < size; i++) {
          for (int j = 0; j < size; j++) {
            sum[i][j] += (mode[i] - mean[i]) * (mode[j] - mean[j]);
          }
        }
      }
      for (int i = 0; i < size; i++) {
        sum[i][i] += strength * variances[i];
        for (int j = 0; j < size; j++) {
          covariance[i][j] = sum[i][j] / (users.size() + strength);
        }
      }
    }
    return GaussianWeights.of(mean, covariance);
  }

  /** One Newton step towards the mode of a user's posterior; returns the curvature before it. */
  private static double[][] newton(
      double[] mode, double[] mean, double[][] precision, List<Observation> observed) {
    int size = mode.length;
    double[][] curvature = new double[size][];
    double[] gradient = new double[size];
    for (int i = 0; i < size; i++) {
      curvature[i] = precision[i].clone();
      for (int j = 0; j < size; j++) {
        gradient[i] -= precision[i][j] * (mode[j] - mean[j]);
      }
    }
    for (Observation one : observed) {
      double[] x = one.x();
      double p = GaussianWeights.sigmoid(dot(mode, x) + one.offset());
      for (int i = 0; i < size; i++) {
        gradient[i] += one.weight() * x[i] * (one.target() - p);
        for (int j = 0; j < size; j++) {
          curvature[i][j] += one.weight() * p * (1 - p) * x[i] * x[j];
        }
      }
    }
    double[] step = SmallMatrices.solve(SmallMatrices.cholesky(curvature), gradient);
    // A whole step may go too far where the choices are nearly certain: halve it until it gains.
    double before = logPosterior(mode, mean, precision, observed);
    double[] start = mode.clone();
    for (double length = 1; length > 1e-3; length /= 2) {
      for (int i = 0; i < size; i++) {
        mode[i] = start[i] + length * step[i];
      }
      if (logPosterior(mode, mean, precision, observed) >= before) {
        return curvature;
      }
    }
    System.arraycopy(start, 0, mode, 0, size);
    return curvature;
  }

  private static double logPosterior(
      double[] weights, double[] mean, double[][] precision, List<Observation> observed) {
    double[] beyond = new double[weights.length];
    for (int i = 0; i < beyond.length; i++) {
      beyond[i] = weights[i] - mean[i];
    }
    double sum = -dot(beyond, SmallMatrices.product(precision, beyond)) / 2;
    for (Observation one : observed) {
      double score = dot(weights, one.x()) + one.offset();
      // log σ(s), less the rest of s where the target is not 1
      double logistic = Math.min(score, 0) - Math.log1p(Math.exp(-Math.abs(score)));
      sum += one.weight() * (logistic - (1 - one.target()) * score);
    }
    return sum;
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }

  private double[] mean(List<double[]> modes, int size) {
    double[] mean = new double[size];
    for (double[] mode : modes) {
      for (int i = 0; i < size; i++) {
        mean[i] += mode[i] / (modes.size() + meanStrength);
      }
    }
    return mean;
  }

  private static void add(double[][] sum, double[][] more) {
    for (int i = 0; i < sum.length; i++) {
      for (int j = 0; j < sum.length; j++) {
        sum[i][j] += more[i][j];
      }
    }
  }
}
