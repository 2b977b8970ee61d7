package dev.attune.trainer.gate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class PrequentialMeterTest {
  private static final double LN2 = Math.log(2);

  @Test
  void shouldMeasureWithoutFading() {
    // Given: a right one at 3:1, a wrong one at 3:1, one that says nothing, and a tie
    PrequentialMeter meter = new PrequentialMeter(1);
    double odds = Math.log(3);
    meter.add(odds, 1, 1);
    meter.add(odds, 0, 1);
    meter.add(0, 1, 1);
    meter.add(odds, 0.5, 1);

    // When
    Map<String, Double> metrics = meter.metrics();

    // Then
    double tie = -(Math.log(0.75) + Math.log(0.25)) / 2;
    assertThat(metrics.get("accuracy")).isEqualTo(0.5, within(1e-12));
    assertThat(metrics.get("logLoss"))
        .isEqualTo((-Math.log(0.75) - Math.log(0.25) + LN2 + tie) / 4, within(1e-12));
    assertThat(metrics.get("brier"))
        .isEqualTo((0.0625 + 0.5625 + 0.25 + 0.0625) / 4, within(1e-12));
    // three at .75 of which 1.5 are right, one at .5 of which half is right
    assertThat(metrics.get("ece")).isEqualTo(0.75 / 4, within(1e-12));
    assertThat(meter.count()).isEqualTo(4);
  }

  @Test
  void shouldForgetByCount() {
    // Given
    PrequentialMeter meter = new PrequentialMeter(0.5);
    meter.add(1, 0, 1);

    // When
    meter.add(1, 1, 1);

    // Then
    assertThat(meter.metrics().get("accuracy")).isEqualTo(1 / 1.5, within(1e-12));
    assertThat(meter.metrics().get("weight")).isEqualTo(1.5);
  }

  @Test
  void shouldCompareWithABaselineOnTheComparisonsThatItHas() {
    // Given: the baseline is right on the one that it has, and so is the prediction
    PrequentialMeter meter = new PrequentialMeter(1);
    meter.add(1, 1, 2, Map.of("longer", 5.0));

    // When
    meter.add(-1, 1, 1, Map.of("generic", -3.0));

    // Then
    assertThat(meter.metrics())
        .containsEntry("gain.longer", 0.0)
        .containsEntry("gain.generic", 0.0)
        .containsEntry("accuracy", 2.0 / 3);
  }

  @Test
  void shouldShowTheGainOverABaseline() {
    // Given
    PrequentialMeter meter = new PrequentialMeter(1);
    meter.add(1, 1, 1, Map.of("longer", -1.0));
    meter.add(-1, 1, 1, Map.of("longer", 0.0));

    // When
    Map<String, Double> metrics = meter.metrics();

    // Then
    assertThat(metrics.get("gain.longer")).isEqualTo(0.25);
  }

  @Test
  void shouldSayNothingBeforeTheFirstComparison() {
    // Given
    PrequentialMeter meter = new PrequentialMeter(0.99);

    // When
    meter.add(1, 1, 0);

    // Then
    assertThat(meter.metrics()).isEmpty();
  }

  @Test
  void shouldLeaveAccuracyOutWhileThereAreOnlyTies() {
    // Given
    PrequentialMeter meter = new PrequentialMeter(0.99);

    // When
    meter.add(1, 0.5, 1, Map.of("longer", 1.0));

    // Then
    assertThat(meter.metrics()).containsOnlyKeys("logLoss", "brier", "ece", "weight");
  }

  @Test
  void shouldGoOnFromItsStateBitForBit() {
    // Given
    PrequentialMeter unbroken = new PrequentialMeter(0.99);
    fill(unbroken, 1, 300);
    PrequentialMeter restored = PrequentialMeter.restore(unbroken.toBytes());
    fill(unbroken, 2, 300);

    // When
    fill(restored, 2, 300);

    // Then
    assertThat(restored.toBytes()).isEqualTo(unbroken.toBytes());
    assertThat(restored.metrics()).isEqualTo(unbroken.metrics());
  }

  @Test
  void shouldShowACalibratedPredictionAsCalibrated() {
    // Given
    PrequentialMeter calibrated = new PrequentialMeter(1);
    PrequentialMeter boastful = new PrequentialMeter(1);
    SplittableRandom random = new SplittableRandom(1);

    // When
    for (int i = 0; i < 20_000; i++) {
      double logOdds = random.nextDouble(-2, 2);
      double target = random.nextDouble() < Logistic.probability(logOdds) ? 1 : 0;
      calibrated.add(logOdds, target, 1);
      boastful.add(3 * logOdds, target, 1);
    }

    // Then
    assertThat(calibrated.metrics().get("ece")).isLessThan(0.02);
    assertThat(boastful.metrics().get("ece")).isGreaterThan(0.1);
  }

  @Test
  void shouldNameWhatItCannotMeasure() {
    // Given
    PrequentialMeter meter = new PrequentialMeter(0.99);

    // When / Then
    assertThatThrownBy(() -> meter.add(Double.NaN, 1, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("log-odds is NaN; allowed is finite");
    assertThatThrownBy(() -> meter.add(0, 2, 1)).hasMessageContaining("target is 2.0");
    assertThatThrownBy(() -> meter.add(0, 1, -1)).hasMessageContaining("weight is -1.0");
    assertThatThrownBy(() -> meter.add(0, 1, 1, Map.of("longer", Double.NaN)))
        .hasMessageContaining("baseline longer is NaN");
    assertThatThrownBy(() -> PrequentialMeter.restore(new byte[] {1, 2, 3, 4}))
        .hasMessageContaining("not the state of a prequential meter");
  }

  private static void fill(PrequentialMeter meter, long seed, int comparisons) {
    SplittableRandom random = new SplittableRandom(seed);
    for (int i = 0; i < comparisons; i++) {
      meter.add(
          random.nextDouble(-2, 2),
          random.nextInt(3) / 2.0,
          random.nextDouble(),
          i % 2 == 0 ? Map.of("longer", random.nextDouble(-1, 1)) : Map.of("generic", 0.0));
    }
  }
}
