package dev.attune.model.head;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RowSubspaceTest {
  private static final int WIDTH = 12;

  @Test
  void shouldStartAtTheCentreWithTheSpreadOfTheTrainedRows() {
    // Given: rows that differ from the centre along one axis
    float[] centre = new float[WIDTH];
    centre[5] = 7;
    RowSubspace subspace = RowSubspace.of(centre, List.of(row(centre, 3), row(centre, -1)), 1);

    // When
    GaussianWeights prior = subspace.prior();

    // Then
    assertThat(subspace.row(prior)).containsExactly(centre);
    assertThat(prior.matrix()[0][0]).isCloseTo((9 + 1) / 2.0, within(1e-4));
    assertThat(Math.abs(subspace.directions().get(0)[0])).isCloseTo(1, within(1e-6f));
  }

  @Test
  void shouldMoveTheRowAsTheUpdateOfItsCoordinatesSays() {
    // Given
    Random random = new Random(1);
    float[] centre = new float[WIDTH];
    List<float[]> rows = new ArrayList<>();
    for (int r = 0; r < 6; r++) {
      rows.add(random(random));
    }
    RowSubspace subspace = RowSubspace.of(centre, rows, 3);
    float[] gradient = random(random);
    double score = -0.4;

    // When
    GaussianWeights after = subspace.observe(subspace.prior(), gradient, score, 1);

    // Then: row = V P' x (1 - p) for x = V' gradient, by plain arrays
    double[] x = new double[3];
    for (int k = 0; k < 3; k++) {
      for (int i = 0; i < WIDTH; i++) {
        x[k] += subspace.directions().get(k)[i] * gradient[i];
      }
    }
    double p = 1 / (1 + Math.exp(-score));
    double[][] curvature = SmallMatrices.inverse(subspace.prior().matrix());
    for (int i = 0; i < 3; i++) {
      for (int j = 0; j < 3; j++) {
        curvature[i][j] += p * (1 - p) * x[i] * x[j];
      }
    }
    double[] a = SmallMatrices.product(SmallMatrices.inverse(curvature), x);
    float[] row = subspace.row(after);
    for (int i = 0; i < WIDTH; i++) {
      double expected = 0;
      for (int k = 0; k < 3; k++) {
        expected += a[k] * (1 - p) * subspace.directions().get(k)[i];
      }
      assertThat((double) row[i]).isCloseTo(expected, within(1e-4));
    }
  }

  @Test
  void shouldFollowALinearPolicyToTheUser() {
    // Given: s = <row, z> for random z, and trained rows at both ends of an axis
    Random random = new Random(2);
    float[] centre = new float[WIDTH];
    RowSubspace subspace = RowSubspace.of(centre, List.of(row(centre, 2), row(centre, -2)), 2);
    GaussianWeights a = subspace.prior();

    // When: a user who sits at one end
    for (int event = 0; event < 10; event++) {
      float[] z = random(random);
      z[0] = Math.abs(z[0]);
      a = subspace.observe(a, z, subspace.row(a)[0] * z[0], 1);
    }

    // Then
    assertThat(subspace.row(a)[0]).isGreaterThan(1);
    assertThat(subspace.row(a)[3]).isCloseTo(0, within(1e-3f));
  }

  @Test
  void shouldRefuseAGradientThatDoesNotFit() {
    // Given
    float[] centre = new float[WIDTH];
    RowSubspace subspace = RowSubspace.of(centre, List.of(row(centre, 1)), 4);
    float[] broken = new float[WIDTH];
    broken[0] = Float.NaN;

    // When / Then
    assertThatThrownBy(() -> subspace.observe(subspace.prior(), new float[2], 0, 1))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> subspace.observe(subspace.prior(), broken, 0, 1))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private static float[] row(float[] centre, float first) {
    float[] row = centre.clone();
    row[0] += first;
    return row;
  }

  private static float[] random(Random random) {
    float[] vector = new float[WIDTH];
    for (int i = 0; i < WIDTH; i++) {
      vector[i] = (float) random.nextGaussian();
    }
    return vector;
  }
}
