package dev.attune.model.io;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Folders of each supported family, as the reference library writes them. */
class GoldenFoldersTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "llama-dynamic",
        "llama-linear",
        "llama-llama3",
        "llama-rope-parameters",
        "mistral-window",
        "qwen2-bias-bf16",
        "qwen3-headdim"
      })
  void shouldOpenAFolderOfEachFamily(String name) {
    // Given
    Path dir = Path.of("src/test/resources/goldens", name);

    // When
    try (ModelFolder folder = ModelFolder.open(dir)) {

      // Then
      assertThat(folder.config().vocabularySize()).isEqualTo(320);
      assertThat(folder.tokenizerJson()).isEmpty();
      assertThat(folder.floats("model.embed_tokens.weight"))
          .hasSize(320 * folder.config().hiddenSize());
      assertThat(folder.names())
          .contains("model.layers.%d.mlp.down_proj.weight".formatted(folder.config().layers() - 1));
    }
  }
}
