package dev.attune.model.head;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CalibrationLearningTest {
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void shouldTakeTheWeightFromHeadsThatAreNoise(long seed) {
    // Given: choices that follow the domain's rewards alone
    Random random = new Random(seed);
    Calibration calibration = Calibration.initial();

    // When
    for (int i = 0; i < 1000; i++) {
      double domain = random.nextGaussian();
      double head = random.nextGaussian();
      calibration = learn(calibration, random, domain, head, domain);
    }

    // Then
    assertThat(calibration.head()).isCloseTo(0, within(0.25));
    assertThat(calibration.domain()).isCloseTo(1, within(0.25));
  }

  @Test
  void shouldGiveWeightToRowsThatProveTheirWorth() {
    // Given
    Random random = new Random(1);
    Calibration calibration = Calibration.initial();

    // When
    for (int i = 0; i < 1000; i++) {
      double row = 2 * random.nextGaussian();
      int target = random.nextDouble() < GaussianWeights.sigmoid(row) ? 1 : 0;
      calibration = calibration.learn(0, 0, target == 1 ? row : -row, 1, 1);
    }

    // Then
    assertThat(calibration.row()).isCloseTo(1, within(0.25));
  }

  @Test
  void shouldStayNearItsPriorWithFewEvents() {
    // Given
    Calibration calibration = Calibration.initial();

    // When: the head is wrong three times
    for (int i = 0; i < 3; i++) {
      calibration = calibration.learn(0, -1, 0, 1, 1);
    }

    // Then
    assertThat(calibration.head()).isBetween(0.85, 0.97);
    assertThat(calibration.domain()).isEqualTo(1);
    assertThat(calibration.events()).isEqualTo(3);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void shouldHalveTheErrorOfRewardsThatBoast(long seed) {
    // Given: rewards three times too large
    Random random = new Random(seed);
    Calibration calibration = Calibration.initial();
    for (int i = 0; i < 500; i++) {
      double logOdds = random.nextGaussian();
      calibration = learn(calibration, random, 3 * logOdds, 0, logOdds);
    }

    // When
    double error = error(calibration, seed + 10);

    // Then
    assertThat(error).isLessThan(error(Calibration.initial(), seed + 10) / 2);
  }

  @Test
  void shouldCountAComparisonByItsWeight() {
    // Given
    Calibration initial = Calibration.initial();

    // When
    Calibration learned = initial.learn(2, 1, 1, 1, 0);

    // Then
    assertThat(learned.belief().mean()).isEqualTo(initial.belief().mean());
    assertThat(learned.events()).isEqualTo(1);
  }

  @Test
  void shouldGoOnFromItsValuesBitForBit() {
    // Given
    Calibration learned = Calibration.initial().learn(0.3, -0.2, 0.1, 1, 1);
    Calibration restored = Calibration.restore(learned.values(), learned.events());

    // When
    Calibration more = restored.learn(0.7, 0.2, -0.1, 0.5, 0.5);

    // Then
    assertThat(more).isEqualTo(learned.learn(0.7, 0.2, -0.1, 0.5, 0.5));
  }

  /** Learns a choice with these log-odds between replies with these differences of parts. */
  private static Calibration learn(
      Calibration calibration, Random random, double domain, double head, double logOdds) {
    boolean as = random.nextDouble() < GaussianWeights.sigmoid(logOdds);
    return as
        ? calibration.learn(domain, head, 0, 1, 1)
        : calibration.learn(-domain, -head, 0, 1, 1);
  }

  /** The expected calibration error on 4000 comparisons, in ten bins by the side ahead. */
  private static double error(Calibration calibration, long seed) {
    Random random = new Random(seed);
    double[] distance = new double[10];
    for (int i = 0; i < 4000; i++) {
      double logOdds = random.nextGaussian();
      boolean as = random.nextDouble() < GaussianWeights.sigmoid(logOdds);
      double said = calibration.domain() * 3 * logOdds;
      double ahead = GaussianWeights.sigmoid(Math.abs(said));
      distance[Math.min(9, (int) ((ahead - 0.5) * 20))] += ahead - (as == said > 0 ? 1 : 0);
    }
    double sum = 0;
    for (double d : distance) {
      sum += Math.abs(d) / 4000;
    }
    return sum;
  }
}
