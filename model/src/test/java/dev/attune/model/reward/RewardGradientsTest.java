package dev.attune.model.reward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.attune.model.engine.Dictionary;
import dev.attune.model.engine.Tensors;
import dev.attune.model.engine.Torch;
import dev.attune.model.engine.TorchScript;
import dev.attune.model.lm.TokenBatch;
import dev.attune.model.text.DialogueTemplate;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RewardGradientsTest extends RewardTestBase {
  private static final List<String> HEADS = List.of("pooled", "helpful");
  private static final double STEP = 1e-2;

  /** Checks each parameter's gradient along a random direction against central differences. */
  @ParameterizedTest
  @CsvSource({"0, 1", "0.5, 2"})
  void shouldBeTheSlopesOfTheLoss(double imitation, long seed) {
    try (NDManager manager = Torch.newManager()) {
      // Given
      DialogueTemplate template = new DialogueTemplate(base.tokenizer(), 32, 32);
      List<EncodedExample> batch =
          golden(3, seed).stream().map(e -> EncodedExample.of("helpful", e, template)).toList();
      Map<String, NDArray> inputs =
          new TokenBatch(
                  batch.stream().map(e -> new TokenBatch.Row(e.prompt(), e.replies())).toList())
              .tensors(manager, base.config());
      Comparisons.of(batch, HEADS, true, imitation > 0).putTensors(manager, inputs);
      Map<String, RewardWeights.Parameter> parameters = random(seed, HEADS).parameters();
      Random random = new Random(seed);

      // When
      List<NDArray> results = gradients(manager, inputs, parameters, imitation);

      // Then
      int index = 2;
      for (String name : parameters.keySet()) {
        float[] gradient = Tensors.floats(results.get(index++));
        float[] direction = new float[gradient.length];
        double slope = 0;
        for (int i = 0; i < direction.length; i++) {
          direction[i] = (float) random.nextGaussian();
          slope += gradient[i] * direction[i];
        }
        double up = loss(manager, inputs, moved(parameters, name, direction, STEP), imitation);
        double down = loss(manager, inputs, moved(parameters, name, direction, -STEP), imitation);
        double expected = (up - down) / (2 * STEP);
        assertThat(slope).as(name).isCloseTo(expected, within(2e-4 + 0.03 * Math.abs(expected)));
      }
    }
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
      Map<String, RewardWeights.Parameter> parameters,
      double imitation) {
    return gradients(manager, inputs, parameters, imitation).get(0).getFloat();
  }

  /** Returns the loss, the rewards and a gradient for each parameter. */
  private static List<NDArray> gradients(
      NDManager manager,
      Map<String, NDArray> inputs,
      Map<String, RewardWeights.Parameter> parameters,
      double imitation) {
    Map<String, NDArray> tensors = new LinkedHashMap<>();
    parameters.forEach(
        (name, p) ->
            tensors.put(name, Tensors.owned(manager, p.values(), TorchScript.FLOAT32, p.shape())));
    try (Dictionary batch = new Dictionary(inputs);
        Dictionary leaves = new Dictionary(tensors)) {
      return new ArrayList<>(
          TorchScript.SHARED.train(
              manager,
              "reward_gradients",
              batch,
              base.weights(),
              leaves,
              Tensors.of(manager, new float[] {2}),
              base.shape(),
              base.config().rmsNormEps(),
              imitation));
    }
  }
}
