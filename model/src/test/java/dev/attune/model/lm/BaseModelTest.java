package dev.attune.model.lm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.attune.model.engine.Precision;
import dev.attune.model.engine.Tensors;
import dev.attune.model.engine.Torch;
import dev.attune.model.io.ModelFolder;
import dev.attune.model.io.ModelFormatException;
import dev.attune.model.io.Safetensors;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BaseModelTest {
  private static final int[] TOKENS = {5, 44, 301, 7, 168, 20, 69, 204, 55, 17};

  @TempDir Path temporary;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "llama-rope-parameters",
        "llama-llama3",
        "llama-linear",
        "llama-dynamic",
        "qwen2-bias-bf16",
        "qwen3-headdim"
      })
  void shouldComputeWhatTheReferenceComputes(String golden) throws IOException, URISyntaxException {
    // Given
    Path folder = golden(golden);
    JsonNode cases = new JsonMapper().readTree(folder.resolve("golden.json").toFile()).get("cases");
    int compared = 0;
    try (Safetensors outputs = Safetensors.open(folder.resolve("golden.safetensors"));
        BaseModel model = BaseModel.load(folder, Precision.FP32);
        NDManager manager = Torch.newManager()) {
      for (JsonNode test : cases) {
        long[] ids = ids(test.get("input_ids").get(0));
        if (!test.get("kind").asText().equals("single") || ids.length > model.maxTokens()) {
          continue;
        }
        String name = test.get("name").asText();

        // When
        NDArray states = model.hiddenStates(manager, new long[][] {ids});
        NDArray logits = model.logits(manager, new long[][] {ids});

        // Then
        assertClose(states, outputs.floats(name + ".hidden_states"), 1e-4);
        assertClose(logits, outputs.floats(name + ".logits"), 2e-4);
        compared++;
      }
    }
    assertThat(compared).isGreaterThanOrEqualTo(2);
  }

  @ParameterizedTest
  @ValueSource(strings = {"llama-rope-parameters", "llama-llama3", "llama-linear"})
  void shouldComputeWhatPlainArrayOperationsCompute(String golden) throws URISyntaxException {
    // Given
    Path folder = golden(golden);
    long[] ids = Arrays.stream(TOKENS).asLongStream().toArray();
    try (ModelFolder files = ModelFolder.open(folder);
        BaseModel model = BaseModel.load(folder, Precision.FP32);
        NDManager manager = Torch.newManager()) {
      float[] expected = new DecoderOracle(files, manager).hiddenStates(TOKENS).toFloatArray();

      // When
      NDArray states = model.hiddenStates(manager, new long[][] {ids});

      // Then
      assertClose(states, expected, 2e-5);
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
  void shouldNameAMissingTensor() throws IOException, URISyntaxException {
    // Given: a folder whose configuration asks for one more layer than its weights have
    Path folder = Files.createDirectory(temporary.resolve("model"));
    Files.copy(
        golden("llama-llama3").resolve("model.safetensors"), folder.resolve("model.safetensors"));
    String config = Files.readString(golden("llama-llama3").resolve("config.json"));
    Files.writeString(
        folder.resolve("config.json"),
        config.replace("\"num_hidden_layers\": 3", "\"num_hidden_layers\": 4"));

    // When / Then
    assertThatThrownBy(() -> BaseModel.load(folder, Precision.FP32))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining("model.layers.3");
  }

  private static void assertClose(NDArray actual, float[] expected, double tolerance) {
    float[] values = Tensors.floats(actual);
    assertThat(values).hasSameSizeAs(expected);
    for (int i = 0; i < values.length; i++) {
      assertThat((double) values[i]).isCloseTo(expected[i], within(tolerance));
    }
  }

  private static long[] ids(JsonNode row) {
    long[] ids = new long[row.size()];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = row.get(i).asLong();
    }
    return ids;
  }

  private static Path golden(String name) throws URISyntaxException {
    return Path.of(BaseModelTest.class.getResource("/goldens/" + name).toURI());
  }
}
