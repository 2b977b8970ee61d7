package dev.attune.model.head;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class CalibrationTest {
  @Test
  void shouldComeBackFromItsBytesAndGoOnAlike() {
    // Given
    Calibration calibration =
        Calibration.initial().learn(0.5, -0.2, 0.1, 1, 1).learn(1, 0, 0, 0.5, 2);

    // When
    Calibration restored = Calibration.read(calibration.toBytes());

    // Then
    assertThat(restored.events()).isEqualTo(2);
    assertThat(restored.values()).isEqualTo(calibration.values());
    assertThat(restored.learn(0.3, 0.3, 0.3, 1, 1).toBytes())
        .isEqualTo(calibration.learn(0.3, 0.3, 0.3, 1, 1).toBytes());
  }

  @Test
  void shouldRefuseOtherBytes() {
    // Given
    byte[] other = new byte[48];

    // When
    assertThatThrownBy(() -> Calibration.read(other))
        // Then
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("no calibration");
  }
}
