package dev.attune.model.reference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.attune.model.engine.Tensors;
import dev.attune.model.engine.Torch;
import dev.attune.model.io.ModelFolder;
import dev.attune.model.io.Safetensors;
import dev.attune.model.reference.ReferenceDecoder.Lora;
import dev.attune.model.reference.TextBatch.Text;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The yardstick itself against the outputs of Hugging Face's modeling code; skipped where the data
 * folder is missing.
 */
class ReferenceDecoderTest {
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
  void shouldComputeWhatHuggingFaceComputes(String name) throws IOException {
    // Given
    String data = Optional.ofNullable(System.getenv("ATTUNE_DATA")).orElse("../../shared/data");
    Path dir = Path.of(data, "goldens", name);
    Assumptions.assumeTrue(Files.isDirectory(dir), () -> "no golden folder at " + dir);
    List<JsonNode> cases = new ArrayList<>();
    new JsonMapper().readTree(dir.resolve("golden.json").toFile()).get("cases").forEach(cases::add);
    // Padding is on the right here.
    cases.removeIf(golden -> golden.get("name").asText().equals("batch-left-padded"));
    assertThat(cases).hasSizeGreaterThanOrEqualTo(4);
    try (ModelFolder folder = ModelFolder.open(dir);
        Safetensors outputs = Safetensors.open(dir.resolve("golden.safetensors"));
        ReferenceDecoder decoder = new ReferenceDecoder(folder)) {
      for (JsonNode golden : cases) {
        try (NDManager manager = Torch.newManager()) {
          String of = golden.get("name").asText() + ".";
          UserVectors soft = softPrompts(manager, golden, outputs);
          TextBatch batch = batch(golden, soft);

          // When
          NDArray states = decoder.states(manager, batch, Lora.NONE, soft);
          NDArray logits = decoder.logits(states);
          NDArray sums = ReferenceLosses.logProbabilities(logits, batch);

          // Then
          assertClose(states, outputs.floats(of + "hidden_states"), batch, 2e-5);
          assertClose(logits, outputs.floats(of + "logits"), batch, 5e-5);
          for (int b = 0; b < batch.texts().size(); b++) {
            double expected = golden.get("sum_logprobs").get(b).asDouble();
            assertThat((double) sums.getFloat(b)).isCloseTo(expected, within(5e-4));
          }
        }
      }
    }
  }

  private static @Nullable UserVectors softPrompts(
      NDManager manager, JsonNode golden, Safetensors outputs) {
    if (!golden.get("tensors").has("soft_prompt")) {
      return null;
    }
    String name = golden.get("tensors").get("soft_prompt").asText();
    long[] shape = outputs.info(name).dimensions();
    return new UserVectors(Tensors.of(manager, outputs.floats(name), shape), false);
  }

  /** The case's rows: without padding, with a place for each vector before the text. */
  private static TextBatch batch(JsonNode golden, @Nullable UserVectors soft) {
    int vectors = soft == null ? 0 : (int) soft.values().getShape().get(1);
    List<Text> texts = new ArrayList<>();
    for (int b = 0; b < golden.get("input_ids").size(); b++) {
      JsonNode ids = golden.get("input_ids").get(b);
      JsonNode mask = golden.path("attention_mask").path(b);
      List<Integer> tokens = new ArrayList<>();
      for (int k = 0; k < vectors; k++) {
        tokens.add(-1 - k);
      }
      for (int t = 0; t < ids.size(); t++) {
        if (mask.isMissingNode() || mask.get(vectors + t).asInt() == 1) {
          tokens.add(ids.get(t).asInt());
        }
      }
      int[] row = tokens.stream().mapToInt(Integer::intValue).toArray();
      // The first token is scored only where something stands before it.
      texts.add(new Text(row, Math.max(1, vectors), b));
    }
    return new TextBatch(texts);
  }

  private static void assertClose(
      NDArray actual, float[] expected, TextBatch batch, double tolerance) {
    float[] values = Tensors.floats(actual);
    assertThat(values).hasSameSizeAs(expected);
    int width = (int) actual.getShape().get(2);
    for (int b = 0; b < batch.texts().size(); b++) {
      int from = b * batch.length() * width;
      int real = batch.texts().get(b).tokens().length * width;
      for (int i = from; i < from + real; i++) {
        assertThat((double) values[i]).isCloseTo(expected[i], within(tolerance));
      }
    }
  }
}
