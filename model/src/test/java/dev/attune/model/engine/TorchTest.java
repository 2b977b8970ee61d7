package dev.attune.model.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TorchTest {
  @ParameterizedTest
  @CsvSource({"auto,0,-1", "auto,2,0", "cpu,2,-1", "cuda,1,0", "cuda:1,2,1"})
  void shouldTakeTheDeviceThatIsAskedFor(String setting, int gpus, int index) {
    // When
    Device device = Torch.device(setting, gpus);

    // Then
    assertThat(device).isEqualTo(index < 0 ? Device.cpu() : Device.gpu(index));
  }

  @ParameterizedTest
  @ValueSource(strings = {"cuda:1", "cuda:x", "gpu", ""})
  void shouldNameADeviceThatIsNotThere(String setting) {
    // When / Then
    assertThatThrownBy(() -> Torch.device(setting, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "attune.torch.device is %s; allowed: auto, cpu, cuda, cuda:N; the engine finds 1 CUDA devices"
                .formatted(setting));
  }

  @Test
  void shouldMakeTensorsOnTheDevice() {
    // When
    try (var manager = Torch.newManager()) {

      // Then
      assertThat(manager.getDevice().isGpu()).isEqualTo(Torch.device().startsWith("cuda"));
    }
  }
}
