package dev.attune.model.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

class TensorsTest {
  @Test
  void shouldRefuseAnElementTypeThatWouldEndTheProcess() {
    try (NDManager manager = Torch.newManager()) {
      // Given
      ByteBuffer bytes = ByteBuffer.allocateDirect(4);

      // When / Then
      assertThatThrownBy(() -> Tensors.of(manager, bytes, new Shape(2), DataType.BFLOAT16))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("bfloat16");
    }
  }

  @Test
  void shouldRefuseBytesThatDoNotFillTheShape() {
    try (NDManager manager = Torch.newManager()) {
      // Given
      ByteBuffer bytes = ByteBuffer.allocate(4);

      // When / Then
      assertThatThrownBy(() -> Tensors.of(manager, bytes, new Shape(2), DataType.FLOAT32))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("4 bytes");
    }
  }

  @Test
  void shouldRefuseAClosedTensorBeforeItReachesNativeCode() {
    try (NDManager manager = Torch.newManager()) {
      // Given
      NDArray closed = Tensors.of(manager, new float[] {1}, 1);
      closed.close();

      // When / Then
      assertThatThrownBy(() -> TorchScript.SHARED.infer(manager, "cast", closed, 6))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("closed");
    }
  }

  @Test
  void shouldKeepFloatsThroughBytes() {
    // Given
    float[] values = {0f, -1.5f, Float.MIN_VALUE, 3e38f};

    // When
    float[] read = Tensors.floats(ByteBuffer.wrap(Tensors.bytes(values)));

    // Then
    assertThat(read).containsExactly(values);
  }
}
