package dev.attune.trainer;

import dev.attune.model.engine.Precision;
import dev.attune.model.reward.OnlineConfig;
import dev.attune.platform.ConfigException;
import dev.attune.platform.ConfigKey;
import dev.attune.platform.Configuration;
import dev.attune.platform.KafkaSettings;
import dev.attune.trainer.core.CheckpointPolicy;
import dev.attune.trainer.core.RewardsConfig;
import dev.attune.trainer.kafka.users.UsersSettings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * How a trainer works. Immutable.
 *
 * @param kafka the cluster and its registry
 * @param pipelines what this process runs, at least one
 * @param base folder of the base model, in Hugging Face layout
 * @param precision what the base computes in; empty: that of the published models, or where there
 *     are none the faster one
 * @param group the consumer group, and the prefix of transactional ids
 * @param learning the recipe
 * @param rewards how reward models are published and watched
 * @param residentModels how many reward models' learners may be in native memory, at least 1
 * @param checkpoints when checkpoints are made
 * @param keepVersions how many versions of each model keep their artifacts, at least 1
 * @param keepAtLeast how long a replaced version keeps its artifacts in any case
 * @param policy how the policy is learned
 * @param users how the users pipeline works
 */
public record TrainerConfig(
    KafkaSettings kafka,
    Set<PipelineKind> pipelines,
    Path base,
    Optional<Precision> precision,
    String group,
    OnlineConfig learning,
    RewardsConfig rewards,
    int residentModels,
    CheckpointPolicy checkpoints,
    int keepVersions,
    Duration keepAtLeast,
    PolicySettings policy,
    UsersSettings users) {

  private static final String AUTO = "auto";

  public static final ConfigKey<String> PIPELINES =
      ConfigKey.string(
          "trainer.pipelines",
          "rewards, users, policy",
          "What this process runs: some of rewards, users and policy, separated by commas.");

  public static final ConfigKey<Path> BASE =
      ConfigKey.path("trainer.base", null, "Folder of the base model, in Hugging Face layout.");

  public static final ConfigKey<String> PRECISION =
      ConfigKey.oneOf(
          "trainer.precision",
          List.of(AUTO, "fp32", "bf16"),
          AUTO,
          "What the base computes in; auto takes that of the published models, or at the very"
              + " first start the faster one of this machine.");

  public static final ConfigKey<String> GROUP =
      ConfigKey.string(
          "trainer.group",
          "attune-trainer-rewards",
          "The consumer group; transactional ids are this name with the partition's number.");

  public static final ConfigKey<Integer> RESIDENT_MODELS =
      ConfigKey.integer(
          "trainer.resident-models",
          64,
          1,
          1_000_000,
          "How many reward models' learners may be in native memory; those used last are.");

  public static final ConfigKey<Integer> CHECKPOINT_BUCKETS =
      ConfigKey.integer(
          "trainer.checkpoint.buckets",
          256,
          1,
          1_000_000,
          "A partition's changed models are stored after so many buckets at the latest.");

  public static final ConfigKey<Integer> CHECKPOINT_STEPS =
      ConfigKey.integer(
          "trainer.checkpoint.steps", 200, 1, 1_000_000, "The same after so many optimiser steps.");

  public static final ConfigKey<Duration> CHECKPOINT_INTERVAL =
      ConfigKey.duration(
          "trainer.checkpoint.interval",
          Duration.ofSeconds(3),
          Duration.ofMillis(1),
          Duration.ofHours(1),
          "The same so long after the first bucket that is not stored yet.");

  public static final ConfigKey<Integer> KEEP_VERSIONS =
      ConfigKey.integer(
          "trainer.artifacts.keep-versions",
          3,
          1,
          100,
          "How many published versions of each model are kept, with their states.");

  public static final ConfigKey<Duration> KEEP_AT_LEAST =
      ConfigKey.duration(
          "trainer.artifacts.keep-at-least",
          Duration.ofMinutes(2),
          Duration.ZERO,
          Duration.ofDays(365),
          "How long what was replaced keeps its artifacts, so that a slow scorer can finish loading"
              + " it. After a user has left, states go at once.");

  public TrainerConfig {
    Objects.requireNonNull(kafka, "kafka");
    pipelines = Collections.unmodifiableSet(EnumSet.copyOf(pipelines));
    Objects.requireNonNull(base, "base");
    Objects.requireNonNull(precision, "precision");
    Objects.requireNonNull(learning, "learning");
    Objects.requireNonNull(rewards, "rewards");
    Objects.requireNonNull(checkpoints, "checkpoints");
    Objects.requireNonNull(policy, "policy");
    Objects.requireNonNull(users, "users");
    if (group.isBlank()) {
      throw new IllegalArgumentException(GROUP.name() + " is empty");
    }
    if (residentModels < 1) {
      throw new IllegalArgumentException(
          RESIDENT_MODELS.name() + " = " + residentModels + ": at least 1");
    }
    if (keepVersions < 1) {
      throw new IllegalArgumentException(
          KEEP_VERSIONS.name() + " = " + keepVersions + ": at least 1");
    }
    if (keepAtLeast.isNegative()) {
      throw new IllegalArgumentException(
          KEEP_AT_LEAST.name() + " = " + keepAtLeast + ": at least 0");
    }
  }

  /**
   * Reads {@link #keys}.
   *
   * @throws dev.attune.platform.ConfigException naming the key, the value and what is allowed
   */
  public static TrainerConfig from(Configuration configuration) {
    String precision = configuration.get(PRECISION);
    OnlineConfig learning = LearningKeys.read(configuration);
    return new TrainerConfig(
        KafkaSettings.from(configuration),
        pipelines(configuration.get(PIPELINES)),
        configuration.get(BASE),
        precision.equals(AUTO)
            ? Optional.empty()
            : Optional.of(Precision.valueOf(precision.toUpperCase(Locale.ROOT))),
        configuration.get(GROUP),
        learning,
        GateKeys.read(configuration, learning.seed()),
        configuration.get(RESIDENT_MODELS),
        new CheckpointPolicy(
            configuration.get(CHECKPOINT_BUCKETS),
            configuration.get(CHECKPOINT_STEPS),
            configuration.get(CHECKPOINT_INTERVAL)),
        configuration.get(KEEP_VERSIONS),
        configuration.get(KEEP_AT_LEAST),
        PolicyKeys.read(configuration),
        UsersKeys.read(configuration));
  }

  private static Set<PipelineKind> pipelines(String list) {
    Set<PipelineKind> kinds = EnumSet.noneOf(PipelineKind.class);
    for (String name : list.split(",", -1)) {
      try {
        kinds.add(PipelineKind.valueOf(name.strip().toUpperCase(Locale.ROOT)));
      } catch (IllegalArgumentException e) {
        throw new ConfigException(
            PIPELINES.name() + " = " + list + ": allowed are rewards, users and policy");
      }
    }
    return kinds;
  }

  /** Every setting of the trainer, those of its Kafka clients included. */
  public static List<ConfigKey<?>> keys() {
    List<ConfigKey<?>> keys = new ArrayList<>(KafkaSettings.keys());
    keys.addAll(ownKeys());
    return List.copyOf(keys);
  }

  /** The settings that only the trainer has. */
  public static List<ConfigKey<?>> ownKeys() {
    List<ConfigKey<?>> keys =
        new ArrayList<>(
            List.of(
                PIPELINES,
                BASE,
                PRECISION,
                GROUP,
                RESIDENT_MODELS,
                CHECKPOINT_BUCKETS,
                CHECKPOINT_STEPS,
                CHECKPOINT_INTERVAL,
                KEEP_VERSIONS,
                KEEP_AT_LEAST));
    keys.addAll(GateKeys.all());
    keys.addAll(LearningKeys.all());
    keys.addAll(PolicyKeys.all());
    keys.addAll(UsersKeys.all());
    return List.copyOf(keys);
  }
}
