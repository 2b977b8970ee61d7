package dev.attune.cli.evaluate;

import dev.attune.model.lm.Stage1Config;
import dev.attune.model.reward.OnlineConfig;
import dev.attune.model.reward.OptimizerConfig;
import dev.attune.model.reward.Pooling;
import dev.attune.model.reward.RewardModelConfig;
import java.util.function.LongFunction;

/**
 * How much {@code evaluate customized --offline} learns.
 *
 * @param base of stage 1, by seed
 * @param config of all reward models; its imitation and enrichment are those of the strategies that
 *     have them
 * @param generalEpochs of stage 2
 * @param domainEpochs of stage 3
 */
record OfflineRecipe(
    LongFunction<Stage1Config> base,
    OnlineConfig config,
    double generalEpochs,
    double domainEpochs) {
  /** More general events than are remembered and drawn from. */
  private static final int EVENTS = 100_000;

  /**
   * What served best with a small base, within half an hour on two cores. Replies are cut a little
   * shorter than in a stream's recipe, and all general events are there for enrichment.
   */
  static OfflineRecipe defaults() {
    OnlineConfig config =
        new OnlineConfig(
            new RewardModelConfig(8, 16, Pooling.MEAN, true, 128, 128),
            OptimizerConfig.defaults(),
            0.1,
            false,
            8,
            8192,
            0,
            0,
            400,
            EVENTS,
            0.2,
            3,
            EVENTS,
            0,
            128,
            1);
    return new OfflineRecipe(Stage1Config::evaluation, config, 1, 4);
  }

  /** The recipe of the reward models for another seed. */
  OnlineConfig config(long seed) {
    return config.withSeed(seed);
  }
}
