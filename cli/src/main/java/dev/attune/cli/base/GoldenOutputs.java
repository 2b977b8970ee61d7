package dev.attune.cli.base;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.attune.cli.CliException;
import dev.attune.model.engine.Tensors;
import dev.attune.model.engine.Torch;
import dev.attune.model.io.Safetensors;
import dev.attune.model.lm.BaseModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Compares a model with the outputs of a reference implementation that its folder holds: {@code
 * golden.json} (cases, tolerances) and {@code golden.safetensors} (tensors named {@code
 * case.what}). Padded rows are computed without their padding, for a row's values do not depend on
 * it; values at padding mean nothing and are left out.
 */
final class GoldenOutputs {
  private static final String CASES = "golden.json";
  private static final String TENSORS = "golden.safetensors";

  /**
   * A case's largest absolute differences.
   *
   * @param differences by hidden_states, logits and logprobs; empty where it was not compared
   * @param skipped why it was not compared, or empty
   */
  record CaseResult(String name, Map<String, Double> differences, String skipped) {
    boolean within(Map<String, Double> tolerances) {
      return differences.entrySet().stream()
          .allMatch(e -> e.getValue() <= tolerances.getOrDefault(e.getKey(), 0.0));
    }
  }

  private final JsonNode json;
  private final Safetensors tensors;
  private final Path file;

  private GoldenOutputs(Path file, JsonNode json, Safetensors tensors) {
    this.file = file;
    this.json = json;
    this.tensors = tensors;
  }

  static boolean in(Path folder) {
    return Files.exists(folder.resolve(CASES));
  }

  /** Compares all cases. */
  static List<CaseResult> compare(BaseModel model, Path folder) {
    try (Safetensors tensors = Safetensors.open(folder.resolve(TENSORS))) {
      GoldenOutputs goldens =
          new GoldenOutputs(folder.resolve(CASES), read(folder.resolve(CASES)), tensors);
      List<CaseResult> results = new ArrayList<>();
      for (JsonNode golden : goldens.json.path("cases")) {
        results.add(goldens.compare(model, golden));
      }
      if (results.isEmpty()) {
        throw new CliException(goldens.file + ": has no cases");
      }
      return results;
    }
  }

  /** What is accepted, by output. */
  static Map<String, Double> tolerances(Path folder) {
    Map<String, Double> tolerances = new TreeMap<>();
    for (Map.Entry<String, JsonNode> each :
        read(folder.resolve(CASES)).path("tolerance").properties()) {
      tolerances.put(each.getKey(), each.getValue().doubleValue());
    }
    return tolerances;
  }

  private static JsonNode read(Path file) {
    try {
      return new ObjectMapper().readTree(file.toFile());
    } catch (IOException e) {
      throw new CliException(file + ": cannot be read as JSON", e);
    }
  }

  private CaseResult compare(BaseModel model, JsonNode golden) {
    String name = golden.path("name").asText();
    if (golden.path("tensors").has("soft_prompt")) {
      return new CaseResult(name, Map.of(), "soft prompts are not computed here");
    }
    Map<String, Double> differences = new TreeMap<>();
    JsonNode rows = golden.path("input_ids");
    int length = rows.path(0).size();
    for (int row = 0; row < rows.size(); row++) {
      int[] real = realPositions(golden, row, length);
      long[] ids = new long[real.length];
      for (int i = 0; i < real.length; i++) {
        ids[i] = rows.get(row).get(real[i]).longValue();
      }
      if (ids.length > model.maxTokens()) {
        return new CaseResult(
            name,
            Map.of(),
            ids.length + " tokens are more than the " + model.maxTokens() + " that it reads");
      }
      compareRow(model, name, row, length, real, ids, differences);
    }
    return new CaseResult(name, differences, "");
  }

  private static int[] realPositions(JsonNode golden, int row, int length) {
    JsonNode mask = golden.path("attention_mask").path(row);
    return java.util.stream.IntStream.range(0, length)
        .filter(i -> mask.isMissingNode() || mask.path(i).asInt() == 1)
        .toArray();
  }

  private void compareRow(
      BaseModel model,
      String name,
      int row,
      int length,
      int[] real,
      long[] ids,
      Map<String, Double> differences) {
    try (NDManager manager = Torch.newManager();
        NDArray hidden = model.hiddenStates(manager, new long[][] {ids});
        NDArray logits = model.logits(manager, new long[][] {ids})) {
      int width = model.config().hiddenSize();
      int vocabulary = model.config().vocabularySize();
      float[] ownLogits = Tensors.floats(logits);
      merge(
          differences,
          "hidden_states",
          largest(
              Tensors.floats(hidden), tensor(name, "hidden_states"), row * length, real, width));
      merge(
          differences,
          "logits",
          largest(ownLogits, tensor(name, "logits"), row * length, real, vocabulary));
      float[] logprobs = tensor(name, "logprobs");
      double worst = 0;
      for (int i = 0; i + 1 < real.length; i++) {
        double own = logProbability(ownLogits, i * vocabulary, vocabulary, (int) ids[i + 1]);
        worst = Math.max(worst, Math.abs(own - logprobs[row * (length - 1) + real[i]]));
      }
      merge(differences, "logprobs", worst);
    }
  }

  private float[] tensor(String name, String what) {
    return tensors.floats(name + "." + what);
  }

  private static void merge(Map<String, Double> differences, String what, double difference) {
    // NaN must not pass for a small difference.
    differences.merge(
        what, Double.isNaN(difference) ? Double.POSITIVE_INFINITY : difference, Math::max);
  }

  private static double largest(
      float[] own, float[] golden, int firstPosition, int[] real, int width) {
    double worst = 0;
    for (int i = 0; i < real.length; i++) {
      for (int j = 0; j < width; j++) {
        double difference =
            own[i * width + j] - (double) golden[(firstPosition + real[i]) * width + j];
        worst = Double.isNaN(difference) ? Double.NaN : Math.max(worst, Math.abs(difference));
      }
    }
    return worst;
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
