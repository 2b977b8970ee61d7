package dev.attune.model.lm;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.attune.model.engine.Tensors;
import dev.attune.model.engine.Torch;
import dev.attune.model.engine.TorchScript;
import dev.attune.model.io.ModelFormatException;
import dev.attune.model.io.Safetensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToIntFunction;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Outputs of a reference implementation that a model's folder holds, to compare the model with:
 * {@code golden.json} (cases and tolerances) and {@code golden.safetensors} (tensors named {@code
 * case.what}).
 *
 * <p>A case is a batch of texts, which may be padded on either side and may have soft prompts. The
 * model computes it several ways: all texts in one batch, each as a prompt with its last token as
 * the reply; the same, cut in half; and each text alone. Values at padding mean nothing and are
 * left out.
 */
public final class ReferenceOutputs implements AutoCloseable {
  private static final String CASES = "golden.json";
  private static final String TENSORS = "golden.safetensors";
  private static final String HIDDEN_STATES = "hidden_states";
  private static final String LOGITS = "logits";
  private static final String LOGPROBS = "logprobs";

  private final Path file;
  private final JsonNode json;
  private final Safetensors tensors;

  private ReferenceOutputs(Path file, JsonNode json, Safetensors tensors) {
    this.file = file;
    this.json = json;
    this.tensors = tensors;
  }

  /**
   * A case's largest absolute differences over all ways to compute it.
   *
   * @param name the case's
   * @param differences by output: hidden_states, logits and logprobs
   */
  public record Comparison(String name, Map<String, Double> differences) {
    /** Copies the map. */
    public Comparison {
      differences = Map.copyOf(differences);
    }

    /** Returns whether no difference is larger than is accepted; an output without limit is not. */
    public boolean within(Map<String, Double> tolerances) {
      return differences.entrySet().stream()
          .allMatch(e -> e.getValue() <= tolerances.getOrDefault(e.getKey(), 0.0));
    }
  }

  /** Returns whether a folder holds such outputs. */
  public static boolean in(Path folder) {
    return Files.exists(folder.resolve(CASES));
  }

  /**
   * Opens a folder's outputs.
   *
   * @throws ModelFormatException naming the file that is missing or malformed
   */
  public static ReferenceOutputs open(Path folder) {
    Path file = folder.resolve(CASES);
    JsonNode json;
    try {
      json = new JsonMapper().readTree(file.toFile());
    } catch (IOException e) {
      throw new ModelFormatException(file, "not readable as JSON", e);
    }
    if (json.path("cases").isEmpty()) {
      throw new ModelFormatException(file, "has no cases");
    }
    return new ReferenceOutputs(file, json, Safetensors.open(folder.resolve(TENSORS)));
  }

  /** Returns what difference is accepted, by output. */
  public Map<String, Double> tolerances() {
    Map<String, Double> tolerances = new TreeMap<>();
    json.path("tolerance")
        .properties()
        .forEach(each -> tolerances.put(each.getKey(), each.getValue().doubleValue()));
    return tolerances;
  }

  /**
   * Computes all cases and compares.
   *
   * @param model in fp32
   */
  public List<Comparison> compare(BaseModel model) {
    List<Comparison> results = new ArrayList<>();
    for (JsonNode each : json.path("cases")) {
      results.add(new Case(each, model).compare());
    }
    return results;
  }

  @Override
  public void close() {
    tensors.close();
  }

  /** One case: its texts without padding, and where each of their tokens is in the outputs. */
  private final class Case {
    private final String name;
    private final BaseModel model;
    private final int padded;
    private final int slots;
    private final List<int[]> texts = new ArrayList<>();
    private final List<int[]> places = new ArrayList<>();
    private final Map<String, Double> differences = new TreeMap<>();

    Case(JsonNode json, BaseModel model) {
      this.name = json.path("name").asText();
      this.model = model;
      this.slots =
          json.path("tensors").has("soft_prompt")
              ? (int) tensors.info(name + ".soft_prompt").dimensions()[1]
              : 0;
      JsonNode rows = json.path("input_ids");
      this.padded = slots + rows.path(0).size();
      for (int row = 0; row < rows.size(); row++) {
        JsonNode ids = rows.path(row);
        JsonNode mask = json.path("attention_mask").path(row);
        int[] real =
            IntStream.range(0, padded)
                .filter(place -> mask.isMissingNode() || mask.path(place).asInt() == 1)
                .toArray();
        places.add(real);
        texts.add(
            Arrays.stream(real)
                .map(place -> place < slots ? -1 - place : ids.path(place - slots).asInt())
                .toArray());
      }
      if (texts.isEmpty()) {
        throw new ModelFormatException(file, "case '" + name + "' has no input_ids");
      }
    }

    Comparison compare() {
      int[] all = IntStream.range(0, texts.size()).toArray();
      compare(all, text -> Math.max(1, text.length - 1));
      compare(all, text -> Math.max(slots + 1, text.length / 2));
      for (int row : all) {
        compare(new int[] {row}, text -> Math.max(1, text.length - 1));
      }
      return new Comparison(name, differences);
    }

    private void compare(int[] rows, ToIntFunction<int[]> promptOf) {
      List<int[]> batch = Arrays.stream(rows).mapToObj(texts::get).toList();
      int longest = batch.stream().mapToInt(text -> text.length).max().orElse(0);
      int hidden = model.config().hiddenSize();
      int vocabulary = model.config().vocabularySize();
      try (NDManager manager = Torch.newManager()) {
        NDArray states = model.states(manager, batch, vectors(manager, rows), promptOf);
        float[] ownStates =
            Tensors.floats(TorchScript.SHARED.infer(manager, "cast", states, TorchScript.FLOAT32));
        float[] ownLogits =
            Tensors.floats(TorchScript.SHARED.infer(manager, LOGITS, states, model.weights()));
        for (int i = 0; i < rows.length; i++) {
          int first = i * longest;
          compareRow(HIDDEN_STATES, ownStates, first, rows[i], hidden);
          compareRow(LOGITS, ownLogits, first, rows[i], vocabulary);
          compareLogprobs(ownLogits, first, rows[i]);
        }
      }
    }

    private @Nullable NDArray vectors(NDManager manager, int[] rows) {
      if (slots == 0) {
        return null;
      }
      float[] stored = tensors.floats(name + ".soft_prompt");
      int size = stored.length / texts.size();
      float[] chosen = new float[rows.length * size];
      for (int i = 0; i < rows.length; i++) {
        System.arraycopy(stored, rows[i] * size, chosen, i * size, size);
      }
      return Tensors.of(manager, chosen, rows.length, slots, size / slots);
    }

    /** {@code first} is the row's first token among the own ones. */
    private void compareRow(String what, float[] own, int first, int row, int width) {
      float[] expected = tensors.floats(name + "." + what);
      int[] real = places.get(row);
      for (int t = 0; t < real.length; t++) {
        int at = (row * padded + real[t]) * width;
        for (int i = 0; i < width; i++) {
          put(what, own[(first + t) * width + i] - (double) expected[at + i]);
        }
      }
    }

    /** The log-probability of each token that another token, or a vector, stands before. */
    private void compareLogprobs(float[] logits, int first, int row) {
      float[] expected = tensors.floats(name + "." + LOGPROBS);
      int[] text = texts.get(row);
      int[] real = places.get(row);
      int scored = expected.length / texts.size();
      int vocabulary = model.config().vocabularySize();
      for (int t = Math.max(1, slots); t < text.length; t++) {
        double own = logProbability(logits, (first + t - 1) * vocabulary, vocabulary, text[t]);
        put(LOGPROBS, own - expected[row * scored + real[t] - Math.max(1, slots)]);
      }
    }

    private void put(String what, double difference) {
      // NaN must not pass for a small difference.
      double size = Double.isNaN(difference) ? Double.POSITIVE_INFINITY : Math.abs(difference);
      differences.merge(what, size, Math::max);
    }
  }

  /** log softmax at one index, in double. */
  private static double logProbability(float[] logits, int from, int size, int index) {
    double max = Double.NEGATIVE_INFINITY;
    for (int i = 0; i < size; i++) {
      max = Math.max(max, logits[from + i]);
    }
    double sum = 0;
    for (int i = 0; i < size; i++) {
      sum += Math.exp(logits[from + i] - max);
    }
    return logits[from + index] - max - Math.log(sum);
  }
}
