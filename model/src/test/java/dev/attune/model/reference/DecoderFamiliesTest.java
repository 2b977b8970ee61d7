package dev.attune.model.reference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import dev.attune.model.engine.Precision;
import dev.attune.model.engine.Tensors;
import dev.attune.model.engine.Torch;
import dev.attune.model.io.ModelFolder;
import dev.attune.model.lm.BaseModel;
import dev.attune.model.lm.RandomBase;
import dev.attune.model.reference.Sample.Users;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The scripts against the same mathematics in plain array operations, on random tiny models of each
 * family, with users' vectors at the inputs and without.
 */
class DecoderFamiliesTest {
  private static final double EXACT = 1e-5;
  private static final double BETA = .3;
  private static final double STEP = 1e-2;

  @TempDir Path temporary;

  static List<Arguments> cases() {
    return Arrays.stream(RandomBase.values())
        .flatMap(family -> Arrays.stream(Users.values()).map(users -> Arguments.of(family, users)))
        .toList();
  }

  /** Each family in one of the ways: a slope costs two forward passes a parameter. */
  static List<Arguments> someCases() {
    RandomBase[] families = RandomBase.values();
    Users[] users = Users.values();
    return IntStream.range(0, families.length)
        .mapToObj(i -> Arguments.of(families[i], users[i % users.length]))
        .toList();
  }

  private interface Check {
    void on(Sample sample, NDManager manager, Map<String, NDArray> parameters);
  }

  private void check(RandomBase family, Users users, Check check) {
    Path folder = family.write(temporary.resolve("base"), 7);
    try (ModelFolder files = ModelFolder.open(folder);
        BaseModel base = BaseModel.load(folder, Precision.FP32);
        ReferenceDecoder oracle = new ReferenceDecoder(files);
        NDManager manager = Torch.newManager()) {
      // Texts that share a prompt share the base of a dynamic rotation, which their length sets.
      boolean evenly = family == RandomBase.LLAMA_DYNAMIC;
      Sample sample = Sample.of(base, oracle, users, evenly, 11);
      check.on(sample, manager, sample.parameters(manager, .7, 13));
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void shouldComputeTheSameStatesAndLogits(RandomBase family, Users users) {
    check(
        family,
        users,
        (sample, manager, parameters) -> {
          // Given
          NDArray expected = sample.states(manager, parameters);

          // When
          List<NDArray> actual = sample.scriptStatesAndLogits(manager, parameters);

          // Then
          assertClose(actual.get(0), sample.packed(expected), 2 * EXACT);
          assertClose(actual.get(1), sample.packed(sample.logits(expected)), 2 * EXACT);
        });
  }

  @ParameterizedTest
  @MethodSource("cases")
  void shouldComputeTheSameRewardsAndLosses(RandomBase family, Users users) {
    check(
        family,
        users,
        (sample, manager, parameters) -> {
          // Given
          float[] rewards = Tensors.floats(sample.rewards(manager, parameters));
          float[] ranking = Tensors.floats(sample.rankingLoss(manager, parameters));
          float[] logProbabilities = Tensors.floats(sample.logProbabilities(manager, parameters));

          // When
          NDArray scriptRewards = sample.scriptRewards(manager, parameters);
          NDArray scriptRanking = sample.scriptRankingLoss(manager, parameters);
          NDArray scriptLogs = sample.scriptLogProbabilities(manager, parameters);

          // Then
          assertClose(scriptRewards, rewards, EXACT);
          assertClose(scriptRanking, ranking, EXACT);
          assertClose(scriptLogs, logProbabilities, 5 * EXACT);
        });
  }

  @ParameterizedTest
  @MethodSource("cases")
  void shouldComputeTheSameGradientsOfTheRankingLoss(RandomBase family, Users users) {
    check(
        family,
        users,
        (sample, manager, parameters) -> {
          // Given
          Gradients expected =
              Gradients.of(manager, parameters, p -> sample.rankingLoss(manager, p));

          // When
          Gradients actual =
              Gradients.of(manager, parameters, p -> sample.scriptRankingLoss(manager, p));

          // Then
          assertClose(actual, expected);
        });
  }

  @ParameterizedTest
  @MethodSource("cases")
  void shouldComputeTheSameGradientsOfThePreferenceLoss(RandomBase family, Users users) {
    check(
        family,
        users,
        (sample, manager, all) -> {
          // Given
          Map<String, NDArray> parameters = new LinkedHashMap<>(all);
          parameters.remove("heads");
          Gradients expected =
              Gradients.of(manager, parameters, p -> dpo(sample.logProbabilities(manager, p)));

          // When
          Gradients actual =
              Gradients.of(
                  manager, parameters, p -> dpo(sample.scriptLogProbabilities(manager, p)));

          // Then
          assertClose(actual, expected);
        });
  }

  @ParameterizedTest
  @MethodSource("someCases")
  void shouldHaveTheSlopesOfTheLossAsGradients(RandomBase family, Users users) {
    check(
        family,
        users,
        (sample, manager, parameters) -> {
          // Given
          Random random = new Random(17);

          // When
          Gradients gradients =
              Gradients.of(manager, parameters, p -> sample.scriptRankingLoss(manager, p));

          // Then: along a random direction each is what central differences give
          parameters.forEach(
              (name, parameter) -> {
                long[] shape = parameter.getShape().getShape();
                float[] direction =
                    RandomBase.normal(random, shape, 0, 1 / Math.sqrt((double) parameter.size()));
                double slope = 0;
                float[] gradient = Tensors.floats(gradients.gradients().get(name));
                for (int i = 0; i < direction.length; i++) {
                  slope += (double) gradient[i] * direction[i];
                }
                double up = lossAt(sample, manager, parameters, name, direction, STEP);
                double down = lossAt(sample, manager, parameters, name, direction, -STEP);
                double expected = (up - down) / (2 * STEP);
                assertThat(slope)
                    .as(name)
                    .isCloseTo(expected, within(2e-4 + .02 * Math.abs(expected)));
              });
        });
  }

  private static double lossAt(
      Sample sample,
      NDManager manager,
      Map<String, NDArray> parameters,
      String name,
      float[] direction,
      double step) {
    try (NDManager scratch = manager.newSubManager()) {
      NDArray moved = scratch.create(direction, parameters.get(name).getShape()).mul(step);
      Map<String, NDArray> all = new LinkedHashMap<>(parameters);
      all.put(name, moved.add(parameters.get(name)));
      return sample.scriptRankingLoss(scratch, all).getFloat();
    }
  }

  /** Of replies in pairs, with a reference that prefers none. */
  private static NDArray dpo(NDArray logProbabilities) {
    long pairs = logProbabilities.size() / 2;
    NDArray both = logProbabilities.get(new NDIndex(":{}", 2 * pairs));
    return ReferenceLosses.dpo(ReferenceLosses.margins(both, both.zerosLike()), BETA, .1);
  }

  private static void assertClose(Gradients actual, Gradients expected) {
    assertThat(actual.gradients()).containsOnlyKeys(expected.gradients().keySet());
    expected
        .gradients()
        .forEach(
            (name, gradient) ->
                assertClose(actual.gradients().get(name), Tensors.floats(gradient), EXACT));
  }

  private static void assertClose(NDArray actual, float[] expected, double tolerance) {
    float[] values = Tensors.floats(actual);
    assertThat(values).hasSameSizeAs(expected);
    for (int i = 0; i < values.length; i++) {
      assertThat((double) values[i])
          .isCloseTo(expected[i], within(tolerance * Math.max(1, Math.abs(expected[i]))));
    }
  }
}
