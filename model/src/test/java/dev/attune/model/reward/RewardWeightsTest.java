package dev.attune.model.reward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.attune.model.adapter.LoraAdapter;
import dev.attune.model.engine.Precision;
import dev.attune.model.io.SafetensorsException;
import dev.attune.model.io.SafetensorsWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class RewardWeightsTest extends RewardTestBase {
  @Test
  void shouldReadWhatItWrote() {
    // Given
    RewardWeights weights = random(1, List.of("pooled", "helpful"));

    // When
    RewardWeights read = RewardWeights.read(weights.toBytes());

    // Then
    assertThat(read.sha256()).isEqualTo(weights.sha256());
    assertThat(read.heads()).containsExactly("pooled", "helpful");
    assertThat(read.base()).isEqualTo(base.sha256());
    assertThat(read.precision()).isEqualTo(Precision.FP32);
    read.parameters()
        .forEach(
            (name, p) ->
                assertThat(p.values())
                    .as(name)
                    .containsExactly(weights.parameters().get(name).values()));
  }

  @Test
  void shouldRefuseATensorFileOfAnotherKind() {
    // Given
    byte[] other = new SafetensorsWriter().floats("x", new long[] {1}, new float[1]).toBytes();

    // When / Then
    assertThatThrownBy(() -> RewardWeights.read(other))
        .isInstanceOf(SafetensorsException.class)
        .hasMessageContaining("format");
  }

  @Test
  void shouldSayWhyAnEarlierFormatIsRefused() {
    // Given
    byte[] old =
        new SafetensorsWriter()
            .metadata("format", "attune-reward-1")
            .floats("heads", new long[] {1, 32}, new float[32])
            .toBytes();

    // When / Then
    assertThatThrownBy(() -> RewardWeights.read(old))
        .isInstanceOf(SafetensorsException.class)
        .hasMessageContaining("attune-reward-1")
        .hasMessageContaining("train the model anew");
  }

  @Test
  void shouldNameThePoolingThatNobodyKnows() {
    // Given
    byte[] strange =
        new String(random(1, List.of("pooled")).toBytes(), StandardCharsets.ISO_8859_1)
            .replace("\"MEAN\"", "\"MOON\"")
            .getBytes(StandardCharsets.ISO_8859_1);

    // When / Then
    assertThatThrownBy(() -> RewardWeights.read(strange))
        .isInstanceOf(SafetensorsException.class)
        .hasMessageContaining("MOON");
  }

  @Test
  void shouldHandOutTheAdapterWithoutTheHeads() {
    // Given
    RewardWeights weights = random(1, List.of("pooled"));

    // When
    LoraAdapter adapter = weights.adapter(base.config());

    // Then
    assertThat(adapter.config().scaling()).isEqualTo(2);
    for (String name : adapter.names()) {
      assertThat(adapter.values(name)).containsExactly(weights.parameters().get(name).values());
    }
    assertThat(adapter.names()).hasSize(weights.parameters().size() - 2);
  }
}
