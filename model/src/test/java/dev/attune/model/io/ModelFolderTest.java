package dev.attune.model.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ModelFolderTest {
  private static final ModelConfig CONFIG = ModelConfig.llama(8, 4, 8, 1, 1, 16);

  @TempDir Path dir;

  @Test
  void shouldOpenWhatWasSaved() throws IOException {
    // Given
    Path tokenizer = Files.writeString(dir.resolve("source.json"), "{}");
    Path folder = dir.resolve("models/base");
    ModelFolder.save(folder, CONFIG, tokenizer, weights("a", "b"));

    // When
    try (ModelFolder model = ModelFolder.open(folder)) {

      // Then
      assertThat(model.path()).isEqualTo(folder);
      assertThat(model.config()).isEqualTo(CONFIG);
      assertThat(model.tokenizerJson()).contains(folder.resolve("tokenizer.json"));
      assertThat(model.names()).containsExactlyInAnyOrder("a", "b");
      assertThat(model.floats("b")).containsExactly('b', 1);
      assertThat(model.info("a").type()).isEqualTo(ElementType.F32);
      assertThat(model.data("a").remaining()).isEqualTo(8);
    }
  }

  @Test
  void shouldOpenAFolderOfTheReferenceLibrary() {
    // Given
    Path folder = Path.of("src/test/resources/goldens/qwen2-bias-bf16");

    // When
    try (ModelFolder model = ModelFolder.open(folder)) {

      // Then
      assertThat(model.config().family()).isEqualTo(ModelFamily.QWEN2);
      assertThat(model.tokenizerJson()).isEmpty();
      assertThat(model.info("model.embed_tokens.weight").shape()).containsExactly(320L, 48L);
      assertThat(model.floats("model.layers.1.self_attn.q_proj.bias")).hasSize(48);
      assertThat(model.names()).doesNotContain("lm_head.weight");
    }
  }

  @Test
  void shouldSaveWhatHuggingFacesLibraryLoads() throws IOException {
    // Given
    Path source = Files.createDirectory(dir.resolve("source"));
    Path tokenizer = Files.writeString(source.resolve("tokenizer.json"), "{}");
    Files.writeString(source.resolve("tokenizer_config.json"), "{\"bos_token\":\"x\"}");
    Path folder = dir.resolve("base");

    // When
    ModelFolder.save(folder, CONFIG, tokenizer, weights("a"));

    // Then: it takes special tokens from tokenizer_config.json and insists on a format
    assertThat(folder.resolve("tokenizer_config.json")).hasContent("{\"bos_token\":\"x\"}");
    try (Safetensors weights = Safetensors.open(folder.resolve("model.safetensors"))) {
      assertThat(weights.metadata()).containsEntry("format", "pt");
    }
  }

  @Test
  void shouldReadShardsAsOneModel() throws IOException {
    // Given
    CONFIG.write(dir.resolve("config.json"));
    weights("a", "c").write(dir.resolve("model-00001-of-00002.safetensors"));
    weights("b").write(dir.resolve("model-00002-of-00002.safetensors"));
    index("a", "model-00001-of-00002.safetensors", "b", "model-00002-of-00002.safetensors");

    // When
    try (ModelFolder model = ModelFolder.open(dir)) {

      // Then: the index says what belongs to the model
      assertThat(model.names()).containsExactly("a", "b");
      assertThat(model.floats("b")).containsExactly('b', 1);
      assertThatThrownBy(() -> model.floats("c"))
          .isInstanceOf(ModelFormatException.class)
          .hasMessageContaining("tensor 'c': missing");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "a, model-1.safetensors, b, model-2.safetensors, model-2.safetensors: no such file",
    "a, model-1.safetensors, b, model-1.safetensors, model-1.safetensors: tensor 'b': missing",
    "a, ../model-1.safetensors, a, model-1.safetensors, Duplicate field 'a'",
    "a, ../model-1.safetensors, b, model-1.safetensors, weight_map.a is",
    "a, pytorch_model.bin, b, model-1.safetensors, weight_map.a is"
  })
  void shouldNameWhatIsWrongInAnIndex(
      String a, String fileA, String b, String fileB, String problem) throws IOException {
    // Given
    CONFIG.write(dir.resolve("config.json"));
    weights("a").write(dir.resolve("model-1.safetensors"));
    index(a, fileA, b, fileB);

    // When, Then
    assertThatThrownBy(() -> ModelFolder.open(dir))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining(dir.toString())
        .hasMessageContaining(problem);
  }

  @Test
  void shouldHashTheContentNotThePlace() throws IOException {
    // Given
    Path first = dir.resolve("first");
    Path second = dir.resolve("second");
    ModelFolder.save(first, CONFIG, null, weights("a", "b"));
    ModelFolder.save(second, CONFIG, null, weights("b", "a"));
    Files.writeString(second.resolve("README.md"), "not part of the model");

    // When
    List<String> hashes = List.of(hash(first), hash(second));

    // Then
    assertThat(hashes.get(0)).matches("[0-9a-f]{64}").isEqualTo(hashes.get(1));
  }

  @Test
  void shouldHashEveryFileOfTheModel() throws IOException {
    // Given
    Path tokenizer = Files.writeString(dir.resolve("tokenizer.json"), "{}");
    ModelFolder.save(dir.resolve("base"), CONFIG, null, weights("a"));
    ModelFolder.save(dir.resolve("tensor"), CONFIG, null, weights("b"));
    ModelFolder.save(dir.resolve("config"), CONFIG.withTokenIds(1, 2, 3), null, weights("a"));
    ModelFolder.save(dir.resolve("tokenizer"), CONFIG, tokenizer, weights("a"));

    // When
    List<String> hashes =
        Stream.of("base", "tensor", "config", "tokenizer")
            .map(name -> hash(dir.resolve(name)))
            .toList();

    // Then
    assertThat(hashes).doesNotHaveDuplicates();
  }

  @Test
  void shouldReplaceAModelAndLeaveNothingBehind() throws IOException {
    // Given
    Path folder = dir.resolve("base");
    ModelFolder.save(folder, CONFIG, null, weights("a"));

    // When
    ModelFolder.save(folder, CONFIG, null, weights("b"));

    // Then
    try (ModelFolder model = ModelFolder.open(folder);
        Stream<Path> left = Files.list(dir)) {
      assertThat(model.names()).containsExactly("b");
      assertThat(left).containsExactly(folder);
    }
  }

  @Test
  void shouldNotReplaceAFolderThatIsNoModel() throws IOException {
    // Given
    Path thesis = Files.writeString(dir.resolve("thesis.tex"), "years of work");

    // When, Then
    assertThatThrownBy(() -> ModelFolder.save(dir, CONFIG, null, weights("a")))
        .isInstanceOf(UncheckedIOException.class)
        .hasStackTraceContaining("thesis.tex");
    assertThat(thesis).hasContent("years of work");
  }

  @Test
  void shouldKeepTheOldModelWhenTheNewOneCannotBeWritten() {
    // Given
    Path folder = dir.resolve("base");
    ModelFolder.save(folder, CONFIG, null, weights("a"));
    String before = hash(folder);
    Path missing = dir.resolve("missing.json");

    // When, Then
    assertThatThrownBy(() -> ModelFolder.save(folder, CONFIG, missing, weights("b")))
        .isInstanceOf(UncheckedIOException.class)
        .hasMessageContaining("base");
    assertThat(hash(folder)).isEqualTo(before);
    assertThat(dir).isDirectoryNotContaining("glob:**/.base*");
  }

  @Test
  void shouldNameWhatAFolderLacks() throws IOException {
    // Given
    Path none = dir.resolve("none");
    Path empty = Files.createDirectory(dir.resolve("empty"));
    Path unweighted = Files.createDirectory(dir.resolve("unweighted"));
    CONFIG.write(unweighted.resolve("config.json"));

    // When, Then
    assertThatThrownBy(() -> ModelFolder.open(none))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining("none: no such folder");
    assertThatThrownBy(() -> ModelFolder.open(empty))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining("config.json: no such file");
    assertThatThrownBy(() -> ModelFolder.open(unweighted))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining("unweighted: no weights; allowed: model.safetensors");
  }

  private static String hash(Path folder) {
    try (ModelFolder model = ModelFolder.open(folder)) {
      return model.sha256();
    }
  }

  private static SafetensorsWriter weights(String... names) {
    SafetensorsWriter writer = new SafetensorsWriter();
    for (String name : names) {
      writer.floats(name, new long[] {2}, new float[] {name.charAt(0), 1});
    }
    return writer;
  }

  private void index(String a, String fileA, String b, String fileB) throws IOException {
    Files.writeString(
        dir.resolve("model.safetensors.index.json"),
        "{\"metadata\":{},\"weight_map\":{\"%s\":\"%s\",\"%s\":\"%s\"}}"
            .formatted(a, fileA, b, fileB));
  }
}
