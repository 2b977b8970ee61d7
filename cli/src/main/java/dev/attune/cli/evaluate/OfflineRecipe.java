package dev.attune.cli.evaluate;

import dev.attune.model.lm.Stage1Config;
import dev.attune.model.reward.OnlineConfig;
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
  /** What served best with a small base, within half an hour on two cores. */
  static OfflineRecipe defaults() {
    return new OfflineRecipe(Stage1Config::evaluation, OnlineConfig.defaults(), 1, 4);
  }

  /** The recipe of the reward models for another seed. */
  OnlineConfig config(long seed) {
    return config.withSeed(seed);
  }
}
