package dev.attune.model.head;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GaussianWeightsTest {
  private static final int SIZE = 5;

  @ParameterizedTest
  @ValueSource(doubles = {1, 0.5, 0})
  void shouldTakeTheNewtonStepOnTheExactPosterior(double target) {
    // Given
    Random random = new Random(1);
    GaussianWeights before = random(random);
    double[] x = vector(random, 1);
    double offset = 0.7;

    // When
    GaussianWeights after = before.observe(x, before.score(x) + offset, target);

    // Then: the curvature and one step with it, by brute force
    double p = 1 / (1 + Math.exp(-before.score(x) - offset));
    double[][] curvature = SmallMatrices.inverse(before.matrix());
    for (int i = 0; i < SIZE; i++) {
      for (int j = 0; j < SIZE; j++) {
        curvature[i][j] += p * (1 - p) * x[i] * x[j];
      }
    }
    double[][] covariance = SmallMatrices.inverse(curvature);
    double[] moved = SmallMatrices.product(covariance, x);
    for (int i = 0; i < SIZE; i++) {
      assertThat((double) after.mean()[i])
          .isCloseTo(before.mean()[i] + moved[i] * (target - p), within(1e-5));
      assertThat(after.matrix()[i]).containsExactly(covariance[i], within(1e-5));
    }
  }

  @Test
  void shouldEndNearTheMaximumOfThePosteriorOfManyEvents() {
    // Given: events of a user with known weights
    Random random = new Random(2);
    double[] truth = {1, -0.5, 0.3, 0, 0.8};
    double[][] xs = new double[400][];
    double[] targets = new double[xs.length];
    for (int n = 0; n < xs.length; n++) {
      xs[n] = vector(random, 1);
      double score = 0;
      for (int i = 0; i < SIZE; i++) {
        score += truth[i] * xs[n][i];
      }
      targets[n] = random.nextDouble() < GaussianWeights.sigmoid(score) ? 1 : 0;
    }

    // When
    GaussianWeights online = GaussianWeights.independent(SIZE, 1);
    for (int n = 0; n < xs.length; n++) {
      online = online.observe(xs[n], online.score(xs[n]), targets[n]);
    }

    // Then
    double[] mode = new double[SIZE];
    for (int step = 0; step < 30; step++) {
      double[][] curvature = new double[SIZE][SIZE];
      double[] gradient = new double[SIZE];
      for (int i = 0; i < SIZE; i++) {
        curvature[i][i] = 1;
        gradient[i] = -mode[i];
      }
      for (int n = 0; n < xs.length; n++) {
        double score = 0;
        for (int i = 0; i < SIZE; i++) {
          score += mode[i] * xs[n][i];
        }
        double p = GaussianWeights.sigmoid(score);
        for (int i = 0; i < SIZE; i++) {
          gradient[i] += xs[n][i] * (targets[n] - p);
          for (int j = 0; j < SIZE; j++) {
            curvature[i][j] += p * (1 - p) * xs[n][i] * xs[n][j];
          }
        }
      }
      double[] change = SmallMatrices.solve(SmallMatrices.cholesky(curvature), gradient);
      for (int i = 0; i < SIZE; i++) {
        mode[i] += change[i];
      }
    }
    for (int i = 0; i < SIZE; i++) {
      assertThat((double) online.mean()[i]).isCloseTo(mode[i], within(0.1));
    }
  }

  @Test
  void shouldStayPositiveDefiniteWhateverIsObserved() {
    // Given: zeros, giants, repeated and nearly parallel inputs, saturated scores, drift and none
    Random random = new Random(3);
    GaussianWeights weights = GaussianWeights.independent(18, 4);
    double[] rates = new double[18];
    double[] last = new double[18];
    for (int i = 0; i < 18; i++) {
      rates[i] = 1e-4 * i;
    }

    // When
    for (int event = 0; event < 10_000; event++) {
      double scale = Math.pow(10, random.nextInt(12) - 5);
      for (int i = 0; i < 18; i++) {
        if (event % 3 != 0) {
          last[i] = event % 7 == 0 ? 0 : scale * random.nextGaussian();
        }
      }
      double score = event % 5 == 0 ? 800 * random.nextGaussian() : weights.score(last);
      weights = weights.observe(last, score, random.nextInt(3) / 2.0);
      weights = event % 11 == 0 ? weights.drift(random.nextInt(3), rates) : weights;
      if (event % 500 == 0) {
        SmallMatrices.cholesky(weights.matrix());
      }
    }

    // Then: a stored state is checked for it
    GaussianWeights last10000 = weights;
    assertThatCode(() -> GaussianWeights.restore(last10000.mean(), last10000.covariance()))
        .doesNotThrowAnyException();
  }

  @Test
  void shouldGoOnBitForBitFromAStoredState() {
    // Given
    Random random = new Random(4);
    GaussianWeights weights = random(random);
    double[] x = vector(random, 1);

    // When
    GaussianWeights restored = GaussianWeights.restore(weights.mean(), weights.covariance());

    // Then
    assertThat(restored).isEqualTo(weights).hasSameHashCodeAs(weights);
    assertThat(restored.observe(x, 0.1, 1)).isEqualTo(weights.observe(x, 0.1, 1));
  }

  @Test
  void shouldGainVarianceWithTime() {
    // Given
    GaussianWeights weights = GaussianWeights.independent(2, 1);

    // When
    GaussianWeights later = weights.drift(3, new double[] {0.5, 0});

    // Then
    assertThat(later.matrix()[0]).containsExactly(new double[] {2.5, 0}, within(1e-5));
    assertThat(later.matrix()[1]).containsExactly(new double[] {0, 1}, within(1e-5));
  }

  @Test
  void shouldServeAProbabilityThatUncertaintyDrawsToOneHalf() {
    // Given a score of 2
    // When
    double sure = GaussianWeights.probability(2, 0);
    double unsure = GaussianWeights.probability(2, 10);

    // Then: the mean of the logistic over the Gaussian, within what the approximation promises
    double mean = 0;
    Random random = new Random(5);
    for (int i = 0; i < 200_000; i++) {
      mean += GaussianWeights.sigmoid(2 + Math.sqrt(10) * random.nextGaussian()) / 200_000;
    }
    assertThat(sure).isCloseTo(1 / (1 + Math.exp(-2)), within(1e-12));
    assertThat(unsure).isCloseTo(mean, within(0.01));
  }

  @ParameterizedTest
  @ValueSource(doubles = {Double.NaN, Double.POSITIVE_INFINITY, 1e200})
  void shouldRefuseWhatIsNoNumber(double odd) {
    // Given
    GaussianWeights weights = GaussianWeights.independent(2, 1);
    double[] x = {1, odd};

    // When / Then
    assertThatThrownBy(() -> weights.observe(x, 0, 1)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> weights.observe(new double[2], Double.NaN, 1))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> weights.observe(new double[2], 0, odd))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void shouldRefuseAStoredStateThatIsNoCovariance() {
    // Given variances of 1 and a covariance of 2
    float[] covariance = {1, 2, 1};

    // When / Then
    assertThatThrownBy(() -> GaussianWeights.restore(new float[2], covariance))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("positive definite");
    assertThatThrownBy(() -> GaussianWeights.restore(new float[3], covariance))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("3 weights");
  }

  @Test
  void shouldTakeMicrosecondsAnEvent() {
    // Given
    Random random = new Random(6);
    GaussianWeights weights = GaussianWeights.independent(17, 1);
    double[][] xs = new double[64][17];
    for (double[] x : xs) {
      for (int i = 0; i < x.length; i++) {
        x[i] = random.nextGaussian();
      }
    }

    // When
    int events = 20_000;
    long start = 0;
    for (int event = -events; event < events; event++) {
      start = event == 0 ? System.nanoTime() : start;
      double[] x = xs[event & 63];
      weights = weights.observe(x, weights.score(x), 1);
    }
    double micros = (System.nanoTime() - start) / 1e3 / events;

    // Then
    System.out.printf("Gaussian update of 17 weights: %.1f us%n", micros);
    assertThat(weights.size()).isEqualTo(17);
  }

  private static GaussianWeights random(Random random) {
    double[][] factor = new double[SIZE][];
    for (int i = 0; i < SIZE; i++) {
      factor[i] = vector(random, 0.8);
    }
    return GaussianWeights.of(
        vector(random, 1), SmallMatrices.product(factor, SmallMatrices.transpose(factor)));
  }

  private static double[] vector(Random random, double scale) {
    double[] vector = new double[SIZE];
    for (int i = 0; i < SIZE; i++) {
      vector[i] = scale * random.nextGaussian();
    }
    return vector;
  }
}
