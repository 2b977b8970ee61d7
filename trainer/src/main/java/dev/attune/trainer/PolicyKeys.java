package dev.attune.trainer;

import dev.attune.model.head.BasisLearner;
import dev.attune.model.head.PopulationPrior;
import dev.attune.model.personal.PersonalConfig;
import dev.attune.model.personal.UserModelConfig;
import dev.attune.model.policy.PolicyConfig;
import dev.attune.platform.ConfigException;
import dev.attune.platform.ConfigKey;
import dev.attune.platform.Configuration;
import dev.attune.trainer.policy.EpochSchedule;
import dev.attune.trainer.policy.PolicyTraining;
import java.time.Duration;
import java.util.List;

/** The settings of the policy pipeline; those of the recipe default to {@link PolicyConfig}'s. */
final class PolicyKeys {
  private static final PolicyConfig DEFAULTS = PolicyConfig.defaults();
  private static final PersonalConfig ROWS = PersonalConfig.defaults();

  static final ConfigKey<String> GROUP =
      ConfigKey.string(
          "trainer.policy.group",
          "attune-trainer-policy",
          "The consumer group of the policy pipeline, and its transactional id.");
  private static final ConfigKey<Long> FIRST =
      ConfigKey.longs(
          "trainer.policy.first-events",
          64L,
          1L,
          1_000_000_000L,
          "Events after which the first epoch is learned; the next ones each time that they have"
              + " doubled.");
  private static final ConfigKey<Long> LONGEST =
      ConfigKey.longs(
          "trainer.policy.max-interval-events",
          16_384L,
          1L,
          1_000_000_000L,
          "Most events between two epochs.");
  private static final ConfigKey<Integer> SAMPLE =
      integer("sample-events", 4096, 1, 1_000_000, "Events that an epoch is learned from.");
  private static final ConfigKey<Integer> SAMPLE_OF_USER =
      integer("sample-events-per-user", 64, 1, 1_000_000, "Most of them of one user.");
  private static final ConfigKey<Long> SEED =
      ConfigKey.longs(
          "trainer.policy.seed",
          1L,
          0L,
          Long.MAX_VALUE,
          "Decides which events are sampled and where training begins.");
  private static final ConfigKey<Duration> CHECKPOINT =
      ConfigKey.duration(
          "trainer.policy.checkpoint-interval",
          Duration.ofMinutes(10),
          Duration.ofMillis(1),
          Duration.ofDays(1),
          "How long what has been read waits at most to be stored, between two epochs.");
  private static final ConfigKey<Double> DUTY_CYCLE =
      ConfigKey.decimal(
          "trainer.policy.duty-cycle",
          PolicySettings.defaults().dutyCycle(),
          0.01,
          1.0,
          "Share of the time that learning an epoch computes; in the rest of it, what people wait"
              + " for has the machine.");
  private static final ConfigKey<Integer> LEARNED =
      integer(
          "learned",
          DEFAULTS.basis().learned(),
          0,
          16,
          "Coordinates of users' heads that are the directions in which users differ.");
  private static final ConfigKey<Integer> PRINCIPAL =
      integer(
          "principal",
          DEFAULTS.basis().principal(),
          1,
          15,
          "Coordinates that are the length and the principal components of differences of replies."
              + " A head has so many numbers, those of learned, and one for judgements.");
  private static final ConfigKey<Double> VARIANCE =
      ConfigKey.decimal(
          "trainer.policy.prior-variance",
          DEFAULTS.prior().variance(),
          1e-6,
          1e6,
          "Variance of a head's weights before anyone was seen.");
  private static final ConfigKey<Double> STRENGTH =
      ConfigKey.decimal(
          "trainer.policy.prior-strength",
          DEFAULTS.prior().strength(),
          1e-6,
          1e6,
          "How many users that variance, and a mean of zero, count for.");
  private static final ConfigKey<Integer> PROMPT_TOKENS =
      integer(
          "prompt-tokens",
          DEFAULTS.promptTokens(),
          16,
          1 << 20,
          "Longest prompt that features are read with, fixed by the first epoch; of a longer one"
              + " the end is kept.");
  private static final ConfigKey<Integer> REPLY_TOKENS =
      integer(
          "reply-tokens",
          DEFAULTS.replyTokens(),
          1,
          1 << 20,
          "The same of a reply; of a longer one the beginning is kept.");
  private static final ConfigKey<Boolean> WITH_ROWS =
      ConfigKey.bool(
          "trainer.policy.rows", true, "Whether epochs train a personal policy (P-DPO) too.");
  private static final ConfigKey<Integer> CLUSTERS =
      integer(
          "clusters",
          0,
          0,
          65_536,
          "Clusters that users' rows are weights of; 0: each row is a vector of its own.");
  private static final ConfigKey<Integer> STEPS =
      integer("steps", DEFAULTS.steps(), 1, 1_000_000, "Most steps of an epoch's personal policy.");
  private static final ConfigKey<Integer> RANK =
      integer("row-rank", DEFAULTS.rank(), 1, 32, "Numbers of a new user's row.");

  private PolicyKeys() {}

  static List<ConfigKey<?>> all() {
    return List.of(
        GROUP,
        FIRST,
        LONGEST,
        SAMPLE,
        SAMPLE_OF_USER,
        SEED,
        CHECKPOINT,
        DUTY_CYCLE,
        LEARNED,
        PRINCIPAL,
        VARIANCE,
        STRENGTH,
        PROMPT_TOKENS,
        REPLY_TOKENS,
        WITH_ROWS,
        CLUSTERS,
        STEPS,
        RANK);
  }

  static PolicySettings read(Configuration configuration) {
    int clusters = configuration.get(CLUSTERS);
    if (clusters == 1) {
      throw new ConfigException(CLUSTERS.name() + " = 1: allowed is 0, or 2 to 65536");
    }
    int promptTokens = configuration.get(PROMPT_TOKENS);
    int replyTokens = configuration.get(REPLY_TOKENS);
    BasisLearner basis = DEFAULTS.basis();
    PopulationPrior prior = DEFAULTS.prior();
    double strength = configuration.get(STRENGTH);
    PersonalConfig rows =
        ROWS.with(clusters == 0 ? UserModelConfig.individual() : UserModelConfig.cluster(clusters))
            .withLengths(promptTokens, replyTokens)
            .withSeed(configuration.get(SEED));
    return new PolicySettings(
        configuration.get(GROUP),
        new PolicyConfig(
            new BasisLearner(
                configuration.get(LEARNED),
                configuration.get(PRINCIPAL),
                basis.penalty(),
                basis.steps()),
            new PopulationPrior(configuration.get(VARIANCE), strength, strength, prior.rounds()),
            promptTokens,
            replyTokens,
            configuration.get(WITH_ROWS) ? rows : null,
            configuration.get(STEPS),
            configuration.get(RANK)),
        new PolicyTraining.Settings(
            new EpochSchedule(configuration.get(FIRST), configuration.get(LONGEST)),
            configuration.get(SAMPLE),
            configuration.get(SAMPLE_OF_USER),
            configuration.get(SEED)),
        configuration.get(CHECKPOINT),
        configuration.get(DUTY_CYCLE));
  }

  private static ConfigKey<Integer> integer(
      String name, int defaultValue, int min, int max, String doc) {
    return ConfigKey.integer("trainer.policy." + name, defaultValue, min, max, doc);
  }
}
