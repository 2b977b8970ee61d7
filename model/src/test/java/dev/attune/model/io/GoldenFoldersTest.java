package dev.attune.model.io;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Real folders of each supported family; skipped where the data folder is missing. */
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
    String data = Optional.ofNullable(System.getenv("ATTUNE_DATA")).orElse("../../shared/data");
    Path dir = Path.of(data, "goldens", name);
    Assumptions.assumeTrue(Files.isDirectory(dir), () -> "no golden folder at " + dir);

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
