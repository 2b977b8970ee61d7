package dev.attune.model.lm;

import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.attune.model.engine.Precision;
import dev.attune.model.engine.Tensors;
import dev.attune.model.engine.Torch;
import dev.attune.model.io.ElementType;
import dev.attune.model.io.ModelFormatException;
import dev.attune.model.io.Safetensors;
import dev.attune.model.io.SafetensorsWriter;
import dev.attune.model.io.TensorInfo;
import dev.attune.model.text.BytePairTrainer;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BaseModelTest {
  private static final int[] TOKENS = {5, 44, 301, 7, 168, 20, 69, 204, 55, 17};

  @TempDir Path temporary;

  @ParameterizedTest
  @CsvSource({
    "llama-dynamic, 5",
    "llama-linear, 5",
    "llama-llama3, 7",
    "llama-rope-parameters, 5",
    "mistral-window, 5",
    "qwen2-bias-bf16, 5",
    "qwen3-headdim, 5"
  })
  void shouldComputeWhatTheReferenceComputes(String golden, int cases) throws URISyntaxException {
    // Given
    Path folder = golden(golden);
    try (ReferenceOutputs reference = ReferenceOutputs.open(folder);
        BaseModel model = BaseModel.load(folder, Precision.FP32)) {

      // When
      List<ReferenceOutputs.Comparison> results = reference.compare(model);

      // Then
      assertThat(results).hasSize(cases);
      assertThat(reference.tolerances())
          .isEqualTo(Map.of("hidden_states", 1e-4, "logits", 2e-4, "logprobs", 2e-4));
      assertThat(results)
          .allSatisfy(
              result -> {
                assertThat(result.differences())
                    .containsOnlyKeys("hidden_states", "logits", "logprobs");
                assertThat(result.within(reference.tolerances())).as("%s", result).isTrue();
              });
    }
  }

  @Test
  void shouldStayNearFp32InBf16() throws URISyntaxException {
    // Given
    Path folder = golden("llama-rope-parameters");
    long[][] ids = {Arrays.stream(TOKENS).asLongStream().toArray()};
    try (BaseModel exact = BaseModel.load(folder, Precision.FP32);
        BaseModel fast = BaseModel.load(folder, Precision.BF16);
        NDManager manager = Torch.newManager()) {
      float[] expected = Tensors.floats(exact.hiddenStates(manager, ids));

      // When
      NDArray states = fast.hiddenStates(manager, ids);

      // Then: the weights are random, so errors are not averaged out as in a trained model
      assertClose(states, expected, 0.25);
    }
  }

  @Test
  void shouldRefuseTextsThatItCannotRead() throws URISyntaxException {
    // Given
    try (BaseModel model = BaseModel.load(golden("llama-llama3"), Precision.FP32);
        NDManager manager = Torch.newManager()) {
      NDArray vectors = manager.zeros(new Shape(1, 2, 64));
      int[] tooLong = new int[129];

      // When / Then
      refuses(model, manager, new int[] {1, 320, 2}, null, "token id 320; allowed 0 to 319");
      refuses(model, manager, new int[] {1, 2, 320}, null, "token id 320; allowed 0 to 319");
      refuses(model, manager, new int[] {-1, -2}, vectors, "token id -2");
      refuses(model, manager, tooLong, null, "129 tokens; allowed at most 128");
      refuses(model, manager, new int[0], null, "one of no tokens");
      refuses(model, manager, new int[] {-1, 3}, null, "the texts ask for [1, 1, 64]");
      refuses(model, manager, new int[] {-1, 3}, vectors, "shape [1, 2, 64]; the texts ask for");
    }
  }

  private static void refuses(
      BaseModel model, NDManager manager, int[] text, @Nullable NDArray vectors, String problem) {
    assertThatThrownBy(() -> model.hiddenStates(manager, List.of(text), vectors))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(problem);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "num_hidden_layers: 3 | num_hidden_layers: 4 | tensor 'model.layers.3.",
        "intermediate_size: 96 | intermediate_size: 95 | tensor 'model.layers.0.mlp.gate_proj.weight': shape is",
        "tie_word_embeddings: true | tie_word_embeddings: false | tensor 'lm_head.weight': missing",
        "vocab_size: 320 | vocab_size: 321 | tensor 'model.embed_tokens.weight': shape is [320, 64]; config.json asks for [321, 64]"
      })
  void shouldNameTheFileAndTheTensorThatDoesNotFit(String said, String instead, String problem)
      throws IOException, URISyntaxException {
    // Given
    Path folder = copy("llama-llama3");
    Path file = folder.resolve("config.json");
    String config = Files.readString(file);
    String changed = config.replace(field(said), field(instead));
    assertThat(changed).isNotEqualTo(config);
    Files.writeString(file, changed);

    // When / Then
    assertThatThrownBy(() -> BaseModel.load(folder, Precision.FP32))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining(folder.resolve("model.safetensors") + ": " + problem);
  }

  @Test
  void shouldNameAFileThatWasCutShort() throws IOException, URISyntaxException {
    // Given
    Path folder = copy("qwen3-headdim");
    Path file = folder.resolve("model.safetensors");
    byte[] bytes = Files.readAllBytes(file);
    Files.write(file, Arrays.copyOf(bytes, bytes.length / 2));

    // When / Then
    assertThatThrownBy(() -> BaseModel.load(folder, Precision.FP32))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining(file + ": tensor 'model.")
        .hasMessageContaining("truncated?");
  }

  @Test
  void shouldNameATensorOfIntegers() throws IOException, URISyntaxException {
    // Given
    Path folder = copy("llama-linear");
    Path file = folder.resolve("model.safetensors");
    String norm = "model.norm.weight";
    SafetensorsWriter writer = new SafetensorsWriter();
    try (Safetensors weights =
        Safetensors.open(golden("llama-linear").resolve(file.getFileName()))) {
      for (String name : weights.names()) {
        TensorInfo info = weights.info(name);
        ElementType type = name.equals(norm) ? ElementType.I32 : info.type();
        writer.add(name, type, info.dimensions(), weights.data(name));
      }
    }
    writer.write(file);

    // When / Then
    assertThatThrownBy(() -> BaseModel.load(folder, Precision.FP32))
        .isInstanceOf(ModelFormatException.class)
        .hasMessage(file + ": tensor '" + norm + "': dtype is I32; allowed [F32, F16, BF16]");
  }

  @Test
  void shouldRefuseATokenizerWithoutRoomInTheEmbedding() throws IOException, URISyntaxException {
    // Given
    Path folder = copy("llama-llama3");
    Path file = folder.resolve("tokenizer.json");
    String words =
        new Random(1).ints(500, 'a', 'z' + 1).mapToObj(Character::toString).collect(joining());
    BytePairTrainer.train(List.of(words, words), 400, file, done -> {});
    Files.delete(folder.resolve("tokenizer_config.json"));

    // When / Then
    assertThatThrownBy(() -> BaseModel.load(folder, Precision.FP32))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining(file + ": its ids reach ")
        .hasMessageContaining("tensor 'model.embed_tokens.weight' has 320 rows");
  }

  private Path copy(String golden) throws IOException, URISyntaxException {
    Path folder = Files.createDirectory(temporary.resolve("model"));
    for (String name : List.of("config.json", "model.safetensors")) {
      Files.copy(golden(golden).resolve(name), folder.resolve(name));
    }
    return folder;
  }

  /** A field as it stands in the goldens' JSON. */
  private static String field(String nameAndValue) {
    return "\"" + nameAndValue.replace(": ", "\": ");
  }

  private static void assertClose(NDArray actual, float[] expected, double tolerance) {
    float[] values = Tensors.floats(actual);
    assertThat(values).hasSameSizeAs(expected);
    for (int i = 0; i < values.length; i++) {
      assertThat((double) values[i]).isCloseTo(expected[i], within(tolerance));
    }
  }

  private static Path golden(String name) throws URISyntaxException {
    return Path.of(BaseModelTest.class.getResource("/goldens/" + name).toURI());
  }
}
