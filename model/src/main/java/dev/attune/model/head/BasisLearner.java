package dev.attune.model.head;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.attune.model.engine.Tensors;
import dev.attune.model.engine.Torch;
import dev.attune.model.engine.TorchScript;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;

/**
 * Learns a {@link HeadBasis} from users seen so far. Personal rewards are nearly of low rank: the
 * directions in which people differ are few (LoRe, Bose et al. 2025, arXiv 2504.14439; PReF,
 * Shenfeld et al. 2025, arXiv 2503.06358). Each user gets a ridge logistic regression over all
 * features; the leading right singular vectors of the matrix of users' weights span what users were
 * seen to differ in. The first principal components of the differences of replies follow, less what
 * those directions have: tastes that nobody had so far vary mostly there.
 *
 * @param learned how many directions come from users
 * @param principal how many principal components follow
 * @param penalty of the ridge, a multiple of the squared norm's half; features are standardised
 * @param steps of the accelerated gradient method, for each user
 */
public record BasisLearner(int learned, int principal, double penalty, int steps) {
  /** Eight directions of users, eight principal components. */
  public static final BasisLearner DEFAULT = new BasisLearner(8, 8, 10, 200);

  /** Spectra of more pairs than this say nothing new. */
  private static final int MOST_PAIRS = 4000;

  private static final double SMALLEST_DEVIATION = 1e-4;

  /** Checks the ranges. */
  public BasisLearner {
    if (learned < 0 || principal < 0 || learned + principal < 1) {
      throw new IllegalArgumentException(
          "%d + %d directions; allowed is 1 or more".formatted(learned, principal));
    }
    if (learned + principal >= HeadBasis.MOST || !(penalty > 0) || steps < 1) {
      throw new IllegalArgumentException(
          "%d + %d directions, penalty %s, %d steps".formatted(learned, principal, penalty, steps));
    }
  }

  /**
   * Learns a basis. Each of its coordinates has mean square 1 over the pairs.
   *
   * @param users the comparisons of each user seen; ties left out
   * @return fewer directions than asked for where the data has no more
   */
  public HeadBasis learn(Collection<List<FeaturePair>> users) {
    return learn(users, List.of());
  }

  /**
   * Learns a basis that has the reply's length in any case, as its first direction: no taste is
   * more common. The principal components are one fewer for it.
   */
  public HeadBasis learnWithLength(Collection<List<FeaturePair>> users) {
    int features = users.stream().flatMap(List::stream).findFirst().orElseThrow().other().length;
    float[] length = new float[features];
    length[features - 1] = 1;
    return learn(users, List.of(length));
  }

  private HeadBasis learn(Collection<List<FeaturePair>> users, List<float[]> given) {
    List<FeaturePair> pairs = users.stream().flatMap(List::stream).toList();
    if (pairs.isEmpty()) {
      throw new IllegalArgumentException("no comparisons to learn a basis from");
    }
    float[] mean = new float[pairs.get(0).preferred().length];
    float[] deviation = new float[mean.length];
    standardise(pairs, mean, deviation);
    List<float[]> heads = new ArrayList<>();
    List<float[]> differences = new ArrayList<>();
    for (List<FeaturePair> user : users) {
      List<float[]> rows = user.stream().map(pair -> difference(pair, deviation)).toList();
      if (!rows.isEmpty() && learned > 0) {
        heads.add(ridge(rows, user.stream().mapToDouble(FeaturePair::offset).toArray()));
      }
      differences.addAll(rows);
    }
    List<float[]> sample = every(differences, MOST_PAIRS);
    List<float[]> directions = new ArrayList<>(given);
    int most = learned + principal;
    extend(directions, leading(heads, learned), Math.min(most, given.size() + learned));
    extend(directions, leading(sample, most), Math.min(most, directions.size() + principal));
    for (float[] direction : directions) {
      scale(direction, 1 / rootMeanSquare(direction, sample));
    }
    return new HeadBasis(mean, deviation, directions);
  }

  private static void standardise(List<FeaturePair> pairs, float[] mean, float[] deviation) {
    double count = 2.0 * pairs.size();
    for (int i = 0; i < mean.length; i++) {
      double sum = 0;
      double squares = 0;
      for (FeaturePair pair : pairs) {
        sum += (double) pair.preferred()[i] + pair.other()[i];
        squares += (double) pair.preferred()[i] * pair.preferred()[i];
        squares += (double) pair.other()[i] * pair.other()[i];
      }
      double centre = sum / count;
      mean[i] = (float) centre;
      deviation[i] =
          (float) Math.sqrt(Math.max(squares / count - centre * centre, 0) + SMALLEST_DEVIATION);
    }
  }

  private static float[] difference(FeaturePair pair, float[] deviation) {
    float[] difference = new float[deviation.length];
    for (int i = 0; i < difference.length; i++) {
      difference[i] = (pair.preferred()[i] - pair.other()[i]) / deviation[i];
    }
    return difference;
  }

  /**
   * argmin over w of Σ log(1 + exp(−w·row − offset)) + penalty·|w|²/2, by Nesterov's accelerated
   * gradient.
   */
  private float[] ridge(List<float[]> rows, double[] offsets) {
    double largest = 0;
    for (float[] row : rows) {
      largest += dot(row, row);
    }
    double step = 1 / (largest / 4 + penalty);
    float[] weights = new float[rows.get(0).length];
    float[] ahead = weights.clone();
    double[] gradient = new double[weights.length];
    for (int k = 0; k < steps; k++) {
      for (int i = 0; i < gradient.length; i++) {
        gradient[i] = penalty * ahead[i];
      }
      for (int r = 0; r < offsets.length; r++) {
        float[] row = rows.get(r);
        double pull = GaussianWeights.sigmoid(-dot(row, ahead) - offsets[r]);
        for (int i = 0; i < gradient.length; i++) {
          gradient[i] -= pull * row[i];
        }
      }
      double momentum = k / (k + 3.0);
      for (int i = 0; i < gradient.length; i++) {
        float next = (float) (ahead[i] - step * gradient[i]);
        ahead[i] = (float) (next + momentum * (next - weights[i]));
        weights[i] = next;
      }
    }
    return weights;
  }

  /** The first right singular vectors of a matrix of rows. */
  static List<float[]> leading(List<float[]> rows, int count) {
    if (count == 0 || rows.isEmpty()) {
      return List.of();
    }
    int width = rows.get(0).length;
    float[] flat = new float[rows.size() * width];
    for (int i = 0; i < rows.size(); i++) {
      System.arraycopy(rows.get(i), 0, flat, i * width, width);
    }
    try (NDManager manager = Torch.newManager()) {
      NDArray matrix = Tensors.of(manager, flat, rows.size(), width);
      List<NDArray> spectrum =
          TorchScript.SHARED.train(manager, "principal_directions", matrix, count);
      float[] vectors = Tensors.floats(spectrum.get(0));
      List<float[]> directions = new ArrayList<>();
      for (int at = 0; at < vectors.length; at += width) {
        directions.add(Arrays.copyOfRange(vectors, at, at + width));
      }
      return directions;
    }
  }

  /** Adds to orthonormal directions what is new in others, until there are enough. */
  private static void extend(List<float[]> directions, List<float[]> others, int enough) {
    for (float[] other : others) {
      float[] rest = other.clone();
      for (float[] direction : directions) {
        double along = dot(rest, direction);
        for (int i = 0; i < rest.length; i++) {
          rest[i] -= (float) (along * direction[i]);
        }
      }
      double norm = Math.sqrt(dot(rest, rest));
      if (norm > 0.1 && directions.size() < enough) {
        scale(rest, 1 / norm);
        directions.add(rest);
      }
    }
  }

  private static double rootMeanSquare(float[] direction, List<float[]> rows) {
    double squares = 0;
    for (float[] row : rows) {
      double along = dot(direction, row);
      squares += along * along;
    }
    return Math.sqrt(squares / rows.size() + 1e-12);
  }

  private static void scale(float[] vector, double factor) {
    for (int i = 0; i < vector.length; i++) {
      vector[i] *= (float) factor;
    }
  }

  private static double dot(float[] a, float[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }

  /** At most so many of a list, evenly spread. */
  private static List<float[]> every(List<float[]> rows, int most) {
    if (rows.size() <= most) {
      return rows;
    }
    List<float[]> some = new ArrayList<>();
    for (int i = 0; i < most; i++) {
      some.add(rows.get((int) ((long) i * rows.size() / most)));
    }
    return some;
  }
}
