package dev.attune.trainer.gate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DriftDetectorTest {
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void shouldMarkTheEventsFromWhichLabelsAreFlipped(long seed) {
    // Given
    DriftDetector detector = new DriftDetector();
    SplittableRandom random = new SplittableRandom(seed);
    for (int i = 0; i < 500; i++) {
      detector.add(loss(random, false));
    }
    int events = 0;

    // When
    do {
      events++;
    } while (!detector.add(loss(random, true)));

    // Then
    assertThat(events).isBetween(5, 60);
  }

  @Test
  void shouldSeldomMarkALastingStateOfThings() {
    // Given
    DriftDetector detector = new DriftDetector();
    SplittableRandom random = new SplittableRandom(1);
    int marks = 0;

    // When
    for (int i = 0; i < 100_000; i++) {
      marks += detector.add(loss(random, false)) ? 1 : 0;
    }

    // Then
    assertThat(marks).isLessThanOrEqualTo(10);
  }

  @Test
  void shouldNotMarkWhatGetsBetter() {
    // Given
    DriftDetector detector = new DriftDetector();
    SplittableRandom random = new SplittableRandom(1);
    for (int i = 0; i < 300; i++) {
      detector.add(loss(random, true));
    }
    int marks = 0;

    // When
    for (int i = 0; i < 300; i++) {
      marks += detector.add(loss(random, false)) ? 1 : 0;
    }

    // Then
    assertThat(marks).isZero();
  }

  @Test
  void shouldGoOnFromItsStateBitForBit() {
    // Given
    DriftDetector unbroken = new DriftDetector();
    SplittableRandom random = new SplittableRandom(1);
    for (int i = 0; i < 100; i++) {
      unbroken.add(random.nextDouble());
    }
    DriftDetector restored = DriftDetector.restore(unbroken.toBytes());
    unbroken.add(0.7);

    // When
    restored.add(0.7);

    // Then
    assertThat(restored.toBytes()).isEqualTo(unbroken.toBytes());
  }

  @Test
  void shouldRefuseWhatIsNoLoss() {
    // Given
    DriftDetector detector = new DriftDetector();

    // When / Then
    assertThatThrownBy(() -> detector.add(Double.NaN)).hasMessageContaining("loss is NaN");
  }

  /** The log-loss of a calibrated model whose log-odds are about 1.5 either way. */
  private static double loss(SplittableRandom random, boolean flipped) {
    double logOdds = random.nextDouble(0.5, 2.5) * (random.nextBoolean() ? 1 : -1);
    boolean chosen = random.nextDouble() < Logistic.probability(logOdds);
    return Logistic.loss(logOdds, chosen ^ flipped ? 1 : 0);
  }
}
