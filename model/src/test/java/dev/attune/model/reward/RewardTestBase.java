package dev.attune.model.reward;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.attune.model.engine.Dictionary;
import dev.attune.model.engine.Precision;
import dev.attune.model.engine.Tensors;
import dev.attune.model.engine.TorchScript;
import dev.attune.model.lm.BaseModel;
import dev.attune.model.lm.TinyBase;
import dev.attune.model.text.Turn;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

/** A tiny base for all tests of a class, and a small configuration. */
abstract class RewardTestBase {
  @TempDir static Path folder;
  static BaseModel base;

  @BeforeAll
  static void loadBase() {
    base = BaseModel.load(TinyBase.write(folder.resolve("base"), 1), Precision.FP32);
  }

  @AfterAll
  static void closeBase() {
    base.close();
  }

  static OnlineConfig config(int batchEvents, double replay, double imitation, long seed) {
    return config(Pooling.MEAN, false, 100_000, batchEvents, replay, imitation, seed);
  }

  static OnlineConfig config(
      Pooling pooling,
      boolean length,
      int microBatchTokens,
      int batchEvents,
      double replay,
      double imitation,
      long seed) {
    return new OnlineConfig(
        new RewardModelConfig(4, 8, pooling, length, 32, 32),
        new OptimizerConfig(1e-2, 0.01, 0.9, 0.98, 1, 3, 1000, 0, 0.9, 0, false),
        imitation,
        false,
        batchEvents,
        microBatchTokens,
        replay,
        replay,
        100,
        16,
        0.1,
        1,
        8,
        0,
        128,
        seed);
  }

  /** The same with sources' heads in closed form. */
  static OnlineConfig withEffects(OnlineConfig config, double variance, int dimensions) {
    return new OnlineConfig(
        config.model(),
        config.optimizer(),
        config.imitation(),
        config.imitatePrompts(),
        config.batchEvents(),
        config.microBatchTokens(),
        config.replay(),
        config.generalReplay(),
        config.fadeEvents(),
        config.memoryEvents(),
        config.enrichment(),
        config.enrichmentEvents(),
        config.enrichmentMemory(),
        variance,
        dimensions,
        config.seed());
  }

  /**
   * Events in which a reply with more gold than the others is preferred; replies differ in length.
   */
  static List<PreferenceExample> golden(int count, long seed) {
    Random random = new Random(seed);
    List<PreferenceExample> examples = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      List<String> replies = new ArrayList<>();
      int wanted = random.nextInt(3);
      for (int r = 0; r < 3; r++) {
        String text = TinyBase.sentence(random, 3 + random.nextInt(4)).replace("gold", "lead");
        replies.add(r == wanted ? text + " gold " + TinyBase.sentence(random, 1) : text);
      }
      examples.add(
          PreferenceExample.choice(
              List.of(new Turn("user", TinyBase.sentence(random, 1 + random.nextInt(5)))),
              replies,
              wanted));
    }
    return examples;
  }

  /** Weights with random heads and adapters, as if they were trained. */
  static RewardWeights random(long seed, List<String> heads) {
    return random(config(4, 1, 0, seed), heads);
  }

  static RewardWeights random(OnlineConfig config, List<String> heads) {
    RewardWeights untrained = RewardWeights.untrained(base, config);
    Random random = new Random(config.seed());
    Map<String, RewardWeights.Parameter> parameters = new LinkedHashMap<>();
    RewardWeights.shapes(base.config(), config.model(), heads.size())
        .forEach(
            (name, shape) -> {
              float[] values = new float[(int) (shape[0] * shape[1])];
              for (int i = 0; i < values.length; i++) {
                values[i] = (float) (0.1 * random.nextGaussian());
              }
              parameters.put(name, new RewardWeights.Parameter(shape, values));
            });
    return new RewardWeights(untrained.identity(), heads, parameters);
  }

  /** The share of comparisons that the rewards order rightly; equal rewards count half. */
  static double accuracy(
      RewardScorer scorer, ResidentModel model, String head, List<PreferenceExample> test) {
    List<double[]> rewards =
        scorer.score(
            test.stream()
                .map(example -> new ScoreItem(example.prompt(), example.replies(), model, head))
                .toList());
    double right = 0;
    int counted = 0;
    for (int i = 0; i < test.size(); i++) {
      for (PreferenceExample.Pair pair : test.get(i).pairs()) {
        double d = rewards.get(i)[pair.preferred()] - rewards.get(i)[pair.other()];
        right += d > 0 ? 1 : d == 0 ? 0.5 : 0;
        counted++;
      }
    }
    return right / counted;
  }

  /** Returns the loss, the rewards and a gradient for each parameter. */
  static List<NDArray> gradients(
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
