package dev.attune.model.reference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import dev.attune.model.engine.Precision;
import dev.attune.model.engine.Tensors;
import dev.attune.model.engine.Torch;
import dev.attune.model.io.ModelFolder;
import dev.attune.model.lm.BaseModel;
import dev.attune.model.lm.RandomBase;
import dev.attune.model.lm.TokenBatch;
import dev.attune.model.reference.Sample.Users;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What must not change a reward: how a batch is put together. In fp32 by no more than 1e-5, for
 * each family; and what bf16 may change.
 */
class RewardInvarianceTest {
  private static final double SAME = 1e-5;

  /**
   * How far a reward may be from fp32's with weights rounded to bf16 and computed in it. Random
   * weights, rewards of size 1.4 and replies of a few tokens, over which errors hardly average out:
   * the largest difference of all families, four samples of each, was 0.07.
   */
  private static final double BF16 = 0.15;

  @TempDir Path temporary;

  private interface Check {
    void on(Sample sample, NDManager manager, Map<String, NDArray> parameters);
  }

  private void check(RandomBase family, Users users, Precision precision, Check check) {
    Path folder = family.write(temporary.resolve("base"), 5);
    try (ModelFolder files = ModelFolder.open(folder);
        BaseModel base = BaseModel.load(folder, precision);
        ReferenceDecoder oracle = new ReferenceDecoder(files);
        NDManager manager = Torch.newManager()) {
      // Texts that share a prompt share the base of a dynamic rotation, which their length sets.
      boolean evenly = family == RandomBase.LLAMA_DYNAMIC;
      for (long seed = 0; seed < 4; seed++) {
        Sample sample = Sample.of(base, oracle, users, evenly, seed);
        check.on(sample, manager, sample.parameters(manager, .7, seed));
      }
    }
  }

  @ParameterizedTest
  @EnumSource(RandomBase.class)
  void shouldNotDependOnSharingThePrompt(RandomBase family) {
    check(
        family,
        Users.SOFT_PROMPT,
        Precision.FP32,
        (sample, manager, parameters) -> {
          // Given
          float[] shared = Tensors.floats(sample.scriptRewards(manager, parameters));

          // When
          NDArray alone = sample.with(unshared(sample.rows)).scriptRewards(manager, parameters);

          // Then
          assertClose(alone, shared, SAME);
        });
  }

  @ParameterizedTest
  @EnumSource(RandomBase.class)
  void shouldNotDependOnTheRowsBesideIt(RandomBase family) {
    check(
        family,
        Users.ADDED,
        Precision.FP32,
        (sample, manager, parameters) -> {
          // Given
          float[] together = Tensors.floats(sample.scriptRewards(manager, parameters));

          // When
          NDList alone = new NDList();
          for (TokenBatch.Row row : sample.rows) {
            alone.add(sample.with(List.of(row)).scriptRewards(manager, parameters));
          }

          // Then
          assertClose(NDArrays.concat(alone), together, SAME);
        });
  }

  @ParameterizedTest
  @EnumSource(RandomBase.class)
  void shouldNotDependOnTheOrderOfRows(RandomBase family) {
    check(
        family,
        Users.ADDED,
        Precision.FP32,
        (sample, manager, parameters) -> {
          // Given
          List<TokenBatch.Row> rows = unshared(sample.rows);
          List<TokenBatch.Row> backwards = new ArrayList<>(rows);
          Collections.reverse(backwards);
          NDArray forwards = sample.with(rows).scriptRewards(manager, parameters);

          // When
          NDArray rewards = sample.with(backwards).scriptRewards(manager, parameters);

          // Then
          assertClose(rewards.flip(0), Tensors.floats(forwards), SAME);
        });
  }

  @ParameterizedTest
  @EnumSource(RandomBase.class)
  void shouldNotDependOnGatheringAdapters(RandomBase family) {
    check(
        family,
        Users.SOFT_PROMPT,
        Precision.FP32,
        (sample, manager, first) -> {
          // Given: two adapters beside the same layers; rows 0 and 2 take one, row 1 the other
          Map<String, NDArray> second = new LinkedHashMap<>(first);
          second.replaceAll((name, p) -> name.contains(".lora_") ? p.mul(-.7) : p);
          second.put("scaling", Tensors.of(manager, new float[] {3}, 1));
          int[] adapters = {0, 1, 0};
          NDList expected = new NDList();
          for (int e = 0; e < adapters.length; e++) {
            expected.add(
                sample
                    .with(List.of(sample.rows.get(e)))
                    .scriptRewards(manager, adapters[e] == 0 ? first : second));
          }
          List<TokenBatch.Row> rows =
              IntStream.range(0, adapters.length)
                  .mapToObj(e -> withAdapter(sample.rows.get(e), adapters[e]))
                  .toList();
          Map<String, NDArray> stack = new LinkedHashMap<>(first);
          stack.replaceAll(
              (name, p) ->
                  name.contains(".lora_") ? NDArrays.stack(new NDList(p, second.get(name))) : p);
          stack.put("scaling", Tensors.of(manager, new float[] {(float) Sample.SCALING, 3}, 2));

          // When
          NDArray rewards = sample.scriptRewards(manager, new TokenBatch(rows, true), stack);

          // Then
          assertClose(rewards, Tensors.floats(NDArrays.concat(expected)), SAME);
        });
  }

  @ParameterizedTest
  @EnumSource(RandomBase.class)
  void shouldStayNearFp32InBf16(RandomBase family) {
    check(
        family,
        Users.ADDED,
        Precision.BF16,
        (sample, manager, parameters) -> {
          // Given
          float[] exact = Tensors.floats(sample.rewards(manager, parameters));

          // When
          NDArray rewards = sample.scriptRewards(manager, parameters);

          // Then
          assertClose(rewards, exact, BF16);
        });
  }

  private static List<TokenBatch.Row> unshared(List<TokenBatch.Row> rows) {
    return rows.stream()
        .flatMap(
            row ->
                row.replies().stream()
                    .map(
                        reply ->
                            new TokenBatch.Row(
                                row.prompt(), List.of(reply), row.adapter(), row.user())))
        .toList();
  }

  private static TokenBatch.Row withAdapter(TokenBatch.Row row, int adapter) {
    return new TokenBatch.Row(row.prompt(), row.replies(), adapter, row.user());
  }

  private static void assertClose(NDArray actual, float[] expected, double tolerance) {
    float[] values = Tensors.floats(actual);
    assertThat(values).hasSameSizeAs(expected);
    for (int i = 0; i < values.length; i++) {
      assertThat((double) values[i]).isCloseTo(expected[i], within(tolerance));
    }
  }
}
