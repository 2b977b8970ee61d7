package dev.attune.model.reward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.attune.model.engine.Tensors;
import dev.attune.model.engine.Torch;
import dev.attune.model.engine.TorchScript;
import dev.attune.model.reward.Comparisons.Weighted;
import dev.attune.model.reward.PreferenceExample.Judgement;
import dev.attune.model.reward.PreferenceExample.Pair;
import dev.attune.model.text.DialogueTemplate;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RewardGradientsTest extends RewardTestBase {
  private static final List<String> HEADS = List.of("pooled", "helpful");
  private static final double STEP = 1e-3;
  private static final double IMITATION = 0.5;

  /** Checks each parameter's gradient along a random direction against central differences. */
  @ParameterizedTest
  @CsvSource({
    "MEAN, false, NOTHING, 1",
    "MEAN, true, REPLIES, 2",
    "LAST, true, NOTHING, 3",
    "END, false, DIALOGUES, 4",
    "MAX, true, DIALOGUES, 5"
  })
  void shouldBeTheSlopesOfTheLoss(
      Pooling pooling, boolean length, Comparisons.Imitation imitation, long seed) {
    try (NDManager manager = Torch.newManager()) {
      // Given
      OnlineConfig config = config(pooling, length, 1000, 4, 0, 0.5, seed);
      List<Weighted> batch = batch(seed);
      Map<String, NDArray> inputs = inputs(manager, batch, config, imitation);
      Map<String, RewardWeights.Parameter> parameters = random(config, HEADS).parameters();

      // When
      List<NDArray> results = gradients(manager, inputs, parameters, IMITATION);

      // Then
      requireSlopes(manager, inputs, parameters, results, seed);
    }
  }

  private static void requireSlopes(
      NDManager manager,
      Map<String, NDArray> inputs,
      Map<String, RewardWeights.Parameter> parameters,
      List<NDArray> results,
      long seed) {
    Random random = new Random(seed);
    int index = 2;
    for (String name : parameters.keySet()) {
      float[] gradient = Tensors.floats(results.get(index++));
      float[] direction = new float[gradient.length];
      double slope = 0;
      for (int i = 0; i < direction.length; i++) {
        direction[i] = (float) random.nextGaussian();
        slope += gradient[i] * direction[i];
      }
      double up = loss(manager, inputs, moved(parameters, name, direction, STEP));
      double down = loss(manager, inputs, moved(parameters, name, direction, -STEP));
      double expected = (up - down) / (2 * STEP);
      assertThat(slope).as(name).isCloseTo(expected, within(2e-4 + 0.03 * Math.abs(expected)));
    }
  }

  /** The pooled head learns through sources' heads, which it is part of. */
  @ParameterizedTest
  @CsvSource({"false, 1", "true, 2"})
  void shouldBeTheSlopesOfTheLossWhereSourcesHaveEffects(boolean length, long seed) {
    try (NDManager manager = Torch.newManager()) {
      // Given
      OnlineConfig config = config(Pooling.MEAN, length, 1000, 4, 0, 0, seed);
      List<Weighted> batch = batch(seed);
      Map<String, NDArray> inputs = inputs(manager, batch, config, Comparisons.Imitation.NOTHING);
      Map<String, RewardWeights.Parameter> both = random(config, HEADS).parameters();
      Map<String, RewardWeights.Parameter> parameters = new LinkedHashMap<>(both);
      for (String name : List.of(RewardWeights.HEADS, RewardWeights.BIASES)) {
        float[] rows = both.get(name).values();
        int columns = rows.length / 2;
        float[] effects = new float[rows.length];
        System.arraycopy(rows, columns, effects, columns, columns);
        parameters.put(
            name,
            new RewardWeights.Parameter(new long[] {1, columns}, Arrays.copyOf(rows, columns)));
        inputs.put(
            name.equals(RewardWeights.HEADS) ? "effects" : "effect_biases",
            Tensors.owned(manager, effects, TorchScript.FLOAT32, 2, columns));
      }

      // When
      List<NDArray> results = gradients(manager, inputs, parameters, 0);

      // Then
      requireSlopes(manager, inputs, parameters, results, seed);
    }
  }

  private static Map<String, NDArray> inputs(
      NDManager manager,
      List<Weighted> batch,
      OnlineConfig config,
      Comparisons.Imitation imitation) {
    Map<String, NDArray> inputs =
        EncodedDialogue.tensors(
            manager,
            batch.stream().map(part -> part.example().dialogue()).toList(),
            base,
            config.model());
    new Comparisons(batch, HEADS, true, imitation).putTensors(manager, batch, inputs);
    return inputs;
  }

  /** Comparisons with a tie, a margin and weights, and judgements of some replies. */
  private static List<Weighted> batch(long seed) {
    DialogueTemplate template = new DialogueTemplate(base.tokenizer(), 32, 32);
    List<Pair> pairs =
        List.of(
            new Pair(0, 1, 1, 0.3f, false),
            new Pair(0, 2, 0.5f, 0, false),
            new Pair(1, 2, 2, 0, true));
    List<Judgement> judgements = List.of(new Judgement(0, true, 1), new Judgement(2, false, 0.5f));
    return golden(3, seed).stream()
        .map(e -> new PreferenceExample(e.prompt(), e.replies(), pairs, judgements, null))
        .map(e -> new Weighted(EncodedExample.of("helpful", e, template), 1.5))
        .toList();
  }

  private static Map<String, RewardWeights.Parameter> moved(
      Map<String, RewardWeights.Parameter> parameters, String name, float[] along, double step) {
    Map<String, RewardWeights.Parameter> moved = new LinkedHashMap<>(parameters);
    float[] values = parameters.get(name).values().clone();
    for (int i = 0; i < values.length; i++) {
      values[i] += (float) (step * along[i]);
    }
    moved.put(name, new RewardWeights.Parameter(parameters.get(name).shape(), values));
    return moved;
  }

  private static double loss(
      NDManager manager,
      Map<String, NDArray> inputs,
      Map<String, RewardWeights.Parameter> parameters) {
    return gradients(manager, inputs, parameters, IMITATION).get(0).getFloat();
  }
}
