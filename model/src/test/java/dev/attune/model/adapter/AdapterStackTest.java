package dev.attune.model.adapter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import dev.attune.model.io.ModelConfig;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class AdapterStackTest {
  private static final ModelConfig MODEL = ModelConfig.llama(300, 4, 6, 1, 2, 64);
  private static final String Q = "model.layers.0.self_attn.q_proj";
  private static final String UP = "model.layers.0.mlp.up_proj";

  @Test
  void shouldFillUpSmallerRanksAndMissingLayersWithZeros() {
    // Given
    LoraAdapter small = adapter(1, Set.of(LinearLayer.Q_PROJ), 1);
    LoraAdapter large = adapter(2, Set.of(LinearLayer.Q_PROJ, LinearLayer.UP_PROJ), 2);

    // When
    try (AdapterStack stack = AdapterStack.of(List.of(small, large))) {

      // Then
      Map<String, NDArray> tensors = stack.arrays();
      assertThat(stack.size()).isEqualTo(2);
      assertThat(tensors)
          .containsOnlyKeys(
              Q + ".lora_A", Q + ".lora_B", UP + ".lora_A", UP + ".lora_B", "scaling");
      assertThat(tensors.get("scaling").toFloatArray()).containsExactly(16, 8);
      assertThat(tensors.get(Q + ".lora_A").getShape()).isEqualTo(new Shape(2, 2, 4));
      assertThat(tensors.get(Q + ".lora_B").getShape()).isEqualTo(new Shape(2, 4, 2));
      assertThat(tensors.get(Q + ".lora_A").get(0, 0).toFloatArray())
          .containsExactly(small.values(Q + ".lora_A"));
      assertThat(tensors.get(Q + ".lora_A").get(0, 1).toFloatArray()).containsOnly(0);
      assertThat(tensors.get(Q + ".lora_B").get(":, :, 0").get(0).toFloatArray())
          .containsExactly(small.values(Q + ".lora_B"));
      assertThat(tensors.get(Q + ".lora_B").get(1).toFloatArray())
          .containsExactly(large.values(Q + ".lora_B"));
      assertThat(tensors.get(UP + ".lora_A").get(0).toFloatArray()).containsOnly(0);
      assertThat(tensors.get(UP + ".lora_A").get(1).toFloatArray())
          .containsExactly(large.values(UP + ".lora_A"));
      assertThat(stack.bytes()).isEqualTo(4L * (2 * (8 + 8 + 8 + 12) + 2));
    }
  }

  @Test
  void shouldLeaveASingleAdapterAsItIs() {
    // Given
    LoraAdapter adapter = adapter(2, Set.of(LinearLayer.Q_PROJ), 1);

    // When
    try (AdapterStack stack = AdapterStack.of(List.of(adapter))) {

      // Then
      Map<String, NDArray> tensors = stack.arrays();
      assertThat(tensors.get(Q + ".lora_A").getShape()).isEqualTo(new Shape(2, 4));
      assertThat(tensors.get("scaling").getShape()).isEqualTo(new Shape());
    }
  }

  @Test
  void shouldRefuseAnEmptyStack() {
    // When / Then
    assertThatThrownBy(() -> AdapterStack.of(List.of()))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private static LoraAdapter adapter(int rank, Set<LinearLayer> targets, int seed) {
    LoraConfig config = new LoraConfig(rank, 16, 0, targets, Collections.emptySortedSet(), false);
    return TestAdapters.random(config, MODEL, seed);
  }
}
