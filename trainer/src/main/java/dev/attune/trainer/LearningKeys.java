package dev.attune.trainer;

import dev.attune.model.reward.OnlineConfig;
import dev.attune.platform.ConfigKey;
import dev.attune.platform.Configuration;
import java.util.List;

/** The settings of the learning recipe; their defaults are {@link OnlineConfig#defaults}. */
final class LearningKeys {
  private static final OnlineConfig DEFAULTS = OnlineConfig.defaults();

  private static final ConfigKey<Integer> RANK =
      integer("rank", DEFAULTS.rank(), 1, 1024, "Rank of the adapter on each linear layer.");
  private static final ConfigKey<Double> ALPHA =
      decimal("alpha", DEFAULTS.alpha(), 1e-6, 1e6, "The adapter is scaled by alpha / rank.");
  private static final ConfigKey<Double> LEARNING_RATE =
      decimal("learning-rate", DEFAULTS.learningRate(), 1e-9, 1, "AdamW's, after the warm-up.");
  private static final ConfigKey<Double> WEIGHT_DECAY =
      decimal("weight-decay", DEFAULTS.weightDecay(), 0, 1, "AdamW's.");
  private static final ConfigKey<Double> BETA1 =
      decimal("beta1", DEFAULTS.beta1(), 0, 0.9999, "AdamW's, of the mean gradient.");
  private static final ConfigKey<Double> BETA2 =
      decimal("beta2", DEFAULTS.beta2(), 0, 0.99999, "AdamW's, of the squared gradient.");
  private static final ConfigKey<Double> CLIP =
      decimal("clip", DEFAULTS.clip(), 1e-6, 1e6, "Longest gradient, as its norm.");
  private static final ConfigKey<Integer> WARM_UP_STEPS =
      integer(
          "warm-up-steps",
          DEFAULTS.warmUpSteps(),
          0,
          1_000_000,
          "Steps in which the learning rate rises from zero.");
  private static final ConfigKey<Integer> DECAY_STEPS =
      integer(
          "decay-steps",
          DEFAULTS.decaySteps(),
          1,
          Integer.MAX_VALUE,
          "Steps after which the learning rate falls, as √(decay-steps / steps).");
  private static final ConfigKey<Double> AVERAGE =
      decimal(
          "average",
          DEFAULTS.average(),
          0,
          0.99999,
          "Decay of the running average of the weights, which is what is served.");
  private static final ConfigKey<Double> IMITATION =
      decimal("imitation", DEFAULTS.imitation(), 0, 100, "Weight of the imitation loss.");
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
  private static final ConfigKey<Integer> ENRICHMENT =
      integer(
          "enrichment",
          DEFAULTS.enrichment(),
          0,
          4096,
          "General events mixed into each step of a domain's model.");
  private static final ConfigKey<Integer> ENRICHMENT_MEMORY =
      integer(
          "enrichment-memory",
          DEFAULTS.enrichmentMemory(),
          0,
          1_000_000,
          "General events that a domain's model is given for that.");
  private static final ConfigKey<Integer> PROMPT_TOKENS =
      integer(
          "prompt-tokens",
          DEFAULTS.promptTokens(),
          16,
          1 << 20,
          "Longest prompt; of a longer one the end is kept.");
  private static final ConfigKey<Integer> REPLY_TOKENS =
      integer(
          "reply-tokens",
          DEFAULTS.replyTokens(),
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
        IMITATION,
        BATCH_EVENTS,
        REPLAY,
        GENERAL_REPLAY,
        FADE_EVENTS,
        MEMORY_EVENTS,
        ENRICHMENT,
        ENRICHMENT_MEMORY,
        PROMPT_TOKENS,
        REPLY_TOKENS,
        SEED);
  }

  static OnlineConfig read(Configuration configuration) {
    return new OnlineConfig(
        configuration.get(RANK),
        configuration.get(ALPHA),
        configuration.get(LEARNING_RATE),
        configuration.get(WEIGHT_DECAY),
        configuration.get(BETA1),
        configuration.get(BETA2),
        configuration.get(CLIP),
        configuration.get(WARM_UP_STEPS),
        configuration.get(DECAY_STEPS),
        configuration.get(AVERAGE),
        configuration.get(IMITATION),
        configuration.get(BATCH_EVENTS),
        configuration.get(REPLAY),
        configuration.get(GENERAL_REPLAY),
        configuration.get(FADE_EVENTS),
        configuration.get(MEMORY_EVENTS),
        configuration.get(ENRICHMENT),
        configuration.get(ENRICHMENT_MEMORY),
        configuration.get(PROMPT_TOKENS),
        configuration.get(REPLY_TOKENS),
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
