package dev.attune.trainer;

import dev.attune.model.reward.OnlineConfig;
import dev.attune.model.reward.OptimizerConfig;
import dev.attune.model.reward.Pooling;
import dev.attune.model.reward.RewardModelConfig;
import dev.attune.platform.ConfigKey;
import dev.attune.platform.Configuration;
import java.util.List;

/** The settings of the learning recipe; their defaults are {@link OnlineConfig#defaults}. */
final class LearningKeys {
  private static final OnlineConfig DEFAULTS = OnlineConfig.defaults();
  private static final RewardModelConfig MODEL = DEFAULTS.model();
  private static final OptimizerConfig OPTIMIZER = DEFAULTS.optimizer();

  private static final ConfigKey<Integer> RANK =
      integer("rank", MODEL.rank(), 1, 1024, "Rank of the adapter on each linear layer.");
  private static final ConfigKey<Double> ALPHA =
      decimal("alpha", MODEL.alpha(), 1e-6, 1e6, "The adapter is scaled by alpha / rank.");
  private static final ConfigKey<Double> LEARNING_RATE =
      decimal("learning-rate", OPTIMIZER.learningRate(), 1e-9, 1, "AdamW's, after the warm-up.");
  private static final ConfigKey<Double> WEIGHT_DECAY =
      decimal("weight-decay", OPTIMIZER.weightDecay(), 0, 1, "AdamW's.");
  private static final ConfigKey<Double> BETA1 =
      decimal("beta1", OPTIMIZER.beta1(), 0, 0.9999, "AdamW's, of the mean gradient.");
  private static final ConfigKey<Double> BETA2 =
      decimal("beta2", OPTIMIZER.beta2(), 0, 0.99999, "AdamW's, of the squared gradient.");
  private static final ConfigKey<Double> CLIP =
      decimal("clip", OPTIMIZER.clip(), 1e-6, 1e6, "Longest gradient, as its norm.");
  private static final ConfigKey<Integer> WARM_UP_STEPS =
      integer(
          "warm-up-steps",
          OPTIMIZER.warmUpSteps(),
          0,
          1_000_000,
          "Steps in which the learning rate rises from zero.");
  private static final ConfigKey<Integer> DECAY_STEPS =
      integer(
          "decay-steps",
          OPTIMIZER.decaySteps(),
          1,
          Integer.MAX_VALUE,
          "Steps after which the learning rate falls, as √(decay-steps / steps).");
  private static final ConfigKey<Double> AVERAGE =
      decimal(
          "average",
          OPTIMIZER.average(),
          0,
          0.99999,
          "Decay of the running average of the weights, which is what is served.");
  private static final ConfigKey<Double> DROPOUT =
      decimal(
          "dropout",
          OPTIMIZER.dropout(),
          0,
          0.99,
          "Probability with which an element of an adapter's input is dropped in training.");
  private static final ConfigKey<Boolean> CHECKPOINTING =
      ConfigKey.bool(
          "trainer.learning.checkpointing",
          OPTIMIZER.checkpointing(),
          "Compute each layer once more instead of keeping it: less memory, more time.");
  private static final ConfigKey<Double> IMITATION =
      decimal("imitation", DEFAULTS.imitation(), 0, 100, "Weight of the imitation loss.");
  private static final ConfigKey<Boolean> IMITATE_PROMPTS =
      ConfigKey.bool(
          "trainer.learning.imitate-prompts",
          DEFAULTS.imitatePrompts(),
          "Whether the imitation loss covers the prompt as well as the preferred reply.");
  private static final ConfigKey<Integer> MICRO_BATCH_TOKENS =
      integer(
          "micro-batch-tokens",
          DEFAULTS.microBatchTokens(),
          1,
          Integer.MAX_VALUE,
          "Most tokens of a step that are in memory together.");
  private static final ConfigKey<Pooling> POOLING =
      ConfigKey.oneOf(
          "trainer.learning.pooling",
          Pooling.class,
          MODEL.pooling(),
          "Which of a reply's states the heads read.");
  private static final ConfigKey<Boolean> LENGTH =
      ConfigKey.bool(
          "trainer.learning.length",
          MODEL.length(),
          "Whether the heads read the logarithm of the reply's length too.");
  private static final ConfigKey<Integer> BATCH_EVENTS =
      integer("batch-events", DEFAULTS.batchEvents(), 1, 4096, "Events of a step.");
  private static final ConfigKey<Double> REPLAY =
      decimal(
          "replay",
          DEFAULTS.replay(),
          0,
          1000,
          "Steps on remembered events after each fresh one, at first.");
  private static final ConfigKey<Double> GENERAL_REPLAY =
      decimal("general-replay", DEFAULTS.generalReplay(), 0, 1000, "The same for general.");
  private static final ConfigKey<Integer> FADE_EVENTS =
      integer(
          "fade-events",
          DEFAULTS.fadeEvents(),
          1,
          Integer.MAX_VALUE,
          "Events after which replay begins to fade.");
  private static final ConfigKey<Integer> MEMORY_EVENTS =
      integer("memory-events", DEFAULTS.memoryEvents(), 1, 1_000_000, "Events kept for replay.");
  private static final ConfigKey<Double> ENRICHMENT =
      decimal(
          "enrichment",
          DEFAULTS.enrichment(),
          0,
          0.99,
          "Share of general comparisons in each step of a domain's model, by weight.");
  private static final ConfigKey<Integer> ENRICHMENT_EVENTS =
      integer(
          "enrichment-events",
          DEFAULTS.enrichmentEvents(),
          0,
          4096,
          "General events that carry this share, from each source in turn.");
  private static final ConfigKey<Integer> ENRICHMENT_MEMORY =
      integer(
          "enrichment-memory",
          DEFAULTS.enrichmentMemory(),
          0,
          1_000_000,
          "General events that a domain's model is given to draw them from.");
  private static final ConfigKey<Double> SOURCE_VARIANCE =
      decimal(
          "source-variance",
          DEFAULTS.sourceVariance(),
          0,
          1000,
          "Variance, beforehand, of what a source of the general model adds to a reward: its head is"
              + " then learned in closed form; 0 learns it by gradient.");
  private static final ConfigKey<Integer> SOURCE_DIMENSIONS =
      integer(
          "source-dimensions",
          DEFAULTS.sourceDimensions(),
          1,
          1024,
          "Directions in which that may lie at most, of the base's hidden size.");
  private static final ConfigKey<Integer> PROMPT_TOKENS =
      integer(
          "prompt-tokens",
          MODEL.promptTokens(),
          16,
          1 << 20,
          "Longest prompt; of a longer one the end is kept.");
  private static final ConfigKey<Integer> REPLY_TOKENS =
      integer(
          "reply-tokens",
          MODEL.replyTokens(),
          1,
          1 << 20,
          "Longest reply; of a longer one the beginning is kept.");
  private static final ConfigKey<Long> SEED =
      ConfigKey.longs(
          "trainer.learning.seed",
          DEFAULTS.seed(),
          0L,
          Long.MAX_VALUE,
          "Decides the initial adapter, the memory's sample and the replayed events.");

  private LearningKeys() {}

  static List<ConfigKey<?>> all() {
    return List.of(
        RANK,
        ALPHA,
        LEARNING_RATE,
        WEIGHT_DECAY,
        BETA1,
        BETA2,
        CLIP,
        WARM_UP_STEPS,
        DECAY_STEPS,
        AVERAGE,
        DROPOUT,
        CHECKPOINTING,
        IMITATION,
        IMITATE_PROMPTS,
        BATCH_EVENTS,
        MICRO_BATCH_TOKENS,
        REPLAY,
        GENERAL_REPLAY,
        FADE_EVENTS,
        MEMORY_EVENTS,
        ENRICHMENT,
        ENRICHMENT_EVENTS,
        ENRICHMENT_MEMORY,
        SOURCE_VARIANCE,
        SOURCE_DIMENSIONS,
        POOLING,
        LENGTH,
        PROMPT_TOKENS,
        REPLY_TOKENS,
        SEED);
  }

  static OnlineConfig read(Configuration configuration) {
    return new OnlineConfig(
        new RewardModelConfig(
            configuration.get(RANK),
            configuration.get(ALPHA),
            configuration.get(POOLING),
            configuration.get(LENGTH),
            configuration.get(PROMPT_TOKENS),
            configuration.get(REPLY_TOKENS)),
        new OptimizerConfig(
            configuration.get(LEARNING_RATE),
            configuration.get(WEIGHT_DECAY),
            configuration.get(BETA1),
            configuration.get(BETA2),
            configuration.get(CLIP),
            configuration.get(WARM_UP_STEPS),
            configuration.get(DECAY_STEPS),
            0,
            configuration.get(AVERAGE),
            configuration.get(DROPOUT),
            configuration.get(CHECKPOINTING)),
        configuration.get(IMITATION),
        configuration.get(IMITATE_PROMPTS),
        configuration.get(BATCH_EVENTS),
        configuration.get(MICRO_BATCH_TOKENS),
        configuration.get(REPLAY),
        configuration.get(GENERAL_REPLAY),
        configuration.get(FADE_EVENTS),
        configuration.get(MEMORY_EVENTS),
        configuration.get(ENRICHMENT),
        configuration.get(ENRICHMENT_EVENTS),
        configuration.get(ENRICHMENT_MEMORY),
        configuration.get(SOURCE_VARIANCE),
        configuration.get(SOURCE_DIMENSIONS),
        configuration.get(SEED));
  }

  private static ConfigKey<Integer> integer(
      String name, int defaultValue, int min, int max, String doc) {
    return ConfigKey.integer("trainer.learning." + name, defaultValue, min, max, doc);
  }

  private static ConfigKey<Double> decimal(
      String name, double defaultValue, double min, double max, String doc) {
    return ConfigKey.decimal("trainer.learning." + name, defaultValue, min, max, doc);
  }
}
