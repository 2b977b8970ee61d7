package dev.attune.model.personal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.attune.model.engine.Dictionary;
import dev.attune.model.engine.Tensors;
import dev.attune.model.engine.Torch;
import dev.attune.model.engine.TorchScript;
import dev.attune.model.reward.PreferenceExample.Judgement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class PersonalGradientsTest extends PersonalTestBase {
  private static final double STEP = 1e-2;
  private static final double SHIFT = 0.1;

  static Stream<PersonalConfig> configs() {
    PersonalLoss reward = PersonalLoss.reward();
    return Stream.of(
        config(UserModelConfig.plain()),
        config(UserModelConfig.individual()),
        config(UserModelConfig.individual().withoutOffset()).with(PersonalLoss.ipo(0.1)),
        config(UserModelConfig.individual().softPrompt(3).withText(4)),
        config(UserModelConfig.cluster(3)),
        config(UserModelConfig.cluster(2).softPrompt(2)),
        config(UserModelConfig.individual()).with(reward),
        config(UserModelConfig.individual())
            .with(reward)
            .with(UserModelConfig.individual().asHead()));
  }

  /** Checks each parameter's gradient along a random direction against central differences. */
  @ParameterizedTest
  @MethodSource("configs")
  void shouldBeTheSlopesOfTheLoss(PersonalConfig config) {
    try (NDManager manager = Torch.newManager()) {
      // Given
      List<Pass> passes = passes(config);
      Map<String, float[]> parameters = parameters(config);
      Random random = new Random(3);

      // When
      Gradients gradients = gradients(manager, config, passes, parameters);

      // Then
      for (String name : parameters.keySet()) {
        float[] gradient = gradients.byName.get(name);
        float[] direction = new float[gradient.length];
        double slope = 0;
        for (int i = 0; i < direction.length; i++) {
          direction[i] = (float) random.nextGaussian();
          slope += gradient[i] * direction[i];
        }
        double up = moved(manager, config, passes, parameters, name, direction, STEP);
        double down = moved(manager, config, passes, parameters, name, direction, -STEP);
        double expected = (up - down) / (2 * STEP);
        assertThat(slope).as(name).isCloseTo(expected, within(1e-3 + 0.04 * Math.abs(expected)));
      }
    }
  }

  @Test
  void shouldNotDependOnHowABatchIsCut() {
    try (NDManager manager = Torch.newManager()) {
      // Given
      PersonalConfig config = config(UserModelConfig.individual());
      List<Pass> passes = passes(config);
      Map<String, float[]> parameters = parameters(config);
      Gradients whole = gradients(manager, config, passes, parameters);

      // When
      List<List<Pass>> parts = Pass.cut(passes, passes.stream().mapToInt(Pass::length).sum() / 3);
      List<Gradients> cut =
          parts.stream().map(part -> gradients(manager, config, part, parameters)).toList();

      // Then
      assertThat(parts).hasSizeGreaterThanOrEqualTo(3);
      assertThat(cut.stream().mapToDouble(Gradients::loss).sum())
          .isCloseTo(whole.loss, within(1e-5));
      whole.byName.forEach(
          (name, expected) -> {
            float[] sum = new float[expected.length];
            for (Gradients part : cut) {
              for (int i = 0; i < sum.length; i++) {
                sum[i] += part.byName.get(name)[i];
              }
            }
            assertThat(sum).as(name).containsExactly(expected, within(1e-5f));
          });
    }
  }

  private record Gradients(double loss, Map<String, float[]> byName) {}

  /** Comparisons and judgements of two users, each with its user's and the generic user's pass. */
  private static List<Pass> passes(PersonalConfig config) {
    PassBuilder builder = new PassBuilder(config, base.tokenizer());
    List<ReferencedReplies> replies = new ReferenceModel(base, config).encode(candidates(4, 5));
    List<PersonalExample> examples =
        new ArrayList<>(examples(replies, List.of("long", "short", "long")));
    examples.add(
        new PersonalExample(
            "short",
            null,
            replies.get(3),
            List.of(),
            List.of(new Judgement(0, true, 2), new Judgement(1, false, 1))));
    boolean rows = config.users().hasRows();
    List<Pass> passes = new ArrayList<>();
    for (PersonalExample example : examples) {
      PersonalExample told = example.withText("gold river");
      passes.add(builder.learned(told, 0, 0.25));
      passes.add(builder.learned(told, !rows ? 0 : example.user().equals("long") ? 1 : 2, 0.75));
    }
    return passes;
  }

  private static Map<String, float[]> parameters(PersonalConfig config) {
    Random random = new Random(1);
    Map<String, float[]> parameters = new LinkedHashMap<>();
    PersonalWeights.untrained(base, config)
        .parameters()
        .forEach((name, p) -> parameters.put(name, normal(random, p.values().length)));
    if (config.users().hasRows()) {
      int size = config.users().rowSize(base.config().hiddenSize());
      parameters.put(UserVectors.ROWS, normal(random, 2 * size));
    }
    return parameters;
  }

  private static float[] normal(Random random, int size) {
    float[] values = new float[size];
    for (int i = 0; i < size; i++) {
      values[i] = (float) (0.1 * random.nextGaussian());
    }
    return values;
  }

  private static double moved(
      NDManager manager,
      PersonalConfig config,
      List<Pass> passes,
      Map<String, float[]> parameters,
      String name,
      float[] along,
      double step) {
    Map<String, float[]> moved = new LinkedHashMap<>(parameters);
    float[] values = parameters.get(name).clone();
    for (int i = 0; i < values.length; i++) {
      values[i] += (float) (step * along[i]);
    }
    moved.put(name, values);
    return gradients(manager, config, passes, moved).loss;
  }

  private static Gradients gradients(
      NDManager manager,
      PersonalConfig config,
      List<Pass> passes,
      Map<String, float[]> parameters) {
    Map<String, long[]> shapes = new LinkedHashMap<>(PersonalWeights.shapes(base.config(), config));
    shapes.put(
        UserVectors.ROWS, new long[] {2, config.users().rowSize(base.config().hiddenSize())});
    Map<String, NDArray> learned = new LinkedHashMap<>();
    parameters.forEach(
        (name, values) ->
            learned.put(
                name, Tensors.owned(manager, values, TorchScript.FLOAT32, shapes.get(name))));
    Map<String, NDArray> tensors = PassTensors.inputs(manager, base, config, passes);
    PassTensors.putTargets(manager, tensors, config, passes, 6);
    NDArray scaling = Tensors.of(manager, new float[] {(float) config.lora().scaling()});
    try (Dictionary inputs = new Dictionary(tensors);
        Dictionary leaves = new Dictionary(learned);
        Dictionary frozen = new Dictionary(Map.of("scaling", scaling))) {
      List<NDArray> results =
          TorchScript.SHARED.train(
              manager,
              "personal_gradients",
              inputs,
              base.weights(),
              leaves,
              frozen,
              base.shape(),
              base.config().rmsNormEps(),
              config.users().tokens(),
              config.users().offset(),
              config.loss().objective() == PersonalLoss.Objective.IPO,
              config.loss().scale(),
              config.loss().tau(),
              SHIFT);
      Map<String, float[]> byName = new LinkedHashMap<>();
      int next = 2;
      for (String name : parameters.keySet()) {
        byName.put(name, Tensors.floats(results.get(next++)));
      }
      return new Gradients(results.get(0).getFloat(), byName);
    }
  }
}
