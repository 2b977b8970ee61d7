package dev.attune.model.adapter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.attune.model.io.ModelConfig;
import java.util.Collections;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LoraConfigTest {
  private static final ModelConfig MODEL = ModelConfig.llama(300, 8, 12, 3, 2, 64);
  private static final SortedSet<Integer> ALL = Collections.emptySortedSet();

  @Test
  void shouldAskForTwoMatricesBesideEachChosenLayer() {
    // Given
    LoraConfig config =
        new LoraConfig(
            4,
            8,
            0,
            Set.of(LinearLayer.V_PROJ, LinearLayer.DOWN_PROJ),
            new TreeSet<>(Set.of(2)),
            false);

    // When
    Map<String, long[]> shapes = config.shapes(MODEL);

    // Then
    assertThat(shapes.keySet())
        .containsExactly(
            "model.layers.2.self_attn.v_proj.lora_A",
            "model.layers.2.self_attn.v_proj.lora_B",
            "model.layers.2.mlp.down_proj.lora_A",
            "model.layers.2.mlp.down_proj.lora_B");
    assertThat(shapes.get("model.layers.2.mlp.down_proj.lora_A")).containsExactly(4, 12);
    assertThat(shapes.get("model.layers.2.mlp.down_proj.lora_B")).containsExactly(8, 4);
  }

  @Test
  void shouldDivideByTheRankOrItsRoot() {
    // Given
    LoraConfig plain = LoraConfig.everywhere(16, 8);
    LoraConfig stabilized = new LoraConfig(16, 8, 0, plain.targets(), ALL, true);

    // When
    double factor = plain.scaling();

    // Then
    assertThat(factor).isCloseTo(0.5, within(1e-12));
    assertThat(stabilized.scaling()).isCloseTo(2, within(1e-12));
  }

  @ParameterizedTest
  @CsvSource({"0,8,0,rank", "4,0,0,alpha", "4,NaN,0,alpha", "4,8,1,dropout", "4,8,-0.1,dropout"})
  void shouldNameTheComponentThatIsWrong(int rank, double alpha, double dropout, String name) {
    // When / Then
    assertThatThrownBy(
            () -> new LoraConfig(rank, alpha, dropout, Set.of(LinearLayer.Q_PROJ), ALL, false))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith(name);
  }

  @Test
  void shouldRefuseALayerThatTheModelDoesNotHave() {
    // Given
    LoraConfig config =
        new LoraConfig(4, 8, 0, Set.of(LinearLayer.Q_PROJ), new TreeSet<>(Set.of(3)), false);

    // When / Then
    assertThatThrownBy(() -> config.shapes(MODEL))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("the model has 3");
  }

  @Test
  void shouldBeginWithAnAdapterThatAddsNothing() {
    // When
    LoraAdapter adapter = LoraAdapter.untrained(LoraConfig.everywhere(4, 8), MODEL, 7);

    // Then
    assertThat(adapter.names()).hasSize(3 * 7 * 2);
    for (String name : adapter.names()) {
      float bound = (float) (1 / Math.sqrt((double) adapter.shape(name)[1]));
      float[] values = adapter.values(name);
      if (name.endsWith(".lora_B")) {
        assertThat(values).containsOnly(0);
      } else {
        assertThat(values).doesNotContain(0);
        for (float value : values) {
          assertThat(value).isBetween(-bound, bound);
        }
      }
    }
  }

  @Test
  void shouldNameAMissingTensor() {
    // When / Then
    assertThatThrownBy(() -> LoraAdapter.of(LoraConfig.everywhere(4, 8), MODEL, Map.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("tensor 'model.layers.0.self_attn.q_proj.lora_A': missing");
  }
}
