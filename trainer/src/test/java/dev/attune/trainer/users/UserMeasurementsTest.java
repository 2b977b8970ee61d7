package dev.attune.trainer.users;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class UserMeasurementsTest {
  private final UserMeasurements measurements = new UserMeasurements();

  @Test
  void shouldMeasureByTenureWhatHeadsGainOverTheGenericUser() {
    // When
    for (int i = 0; i < 100; i++) {
      measurements.add(new Prediction(0, 0, 0, 3, 1, 1));
      measurements.add(new Prediction(i % 2 == 0 ? 6 : 20, 2, -1, -3, 1, 1));
    }

    // Then
    assertThat(measurements.count()).isEqualTo(200);
    assertThat(measurements.of("0")).containsEntry("accuracy", 0.5);
    assertThat(measurements.of("6-20")).containsEntry("accuracy", 1.0);
    assertThat(measurements.of("6-20")).containsEntry(UserMeasurements.GAIN_GENERIC, 1.0);
    assertThat(measurements.of("21+")).isEmpty();
    assertThat(measurements.metrics().get("accuracy")).isCloseTo(0.75, within(1e-3));
    assertThat(measurements.metrics()).containsKey("tenure.6-20.gain.longer");
  }
}
