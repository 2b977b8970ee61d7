package dev.attune.trainer;

import dev.attune.model.policy.PolicyConfig;
import dev.attune.trainer.policy.EpochSchedule;
import dev.attune.trainer.policy.PolicyTraining;
import java.time.Duration;

/**
 * How the policy is learned. Immutable.
 *
 * @param group the consumer group, and the transactional id
 * @param recipe what an epoch is and how it is learned
 * @param training how events are sampled and when epochs are learned
 * @param checkpointInterval how long at most what has been read waits to be stored
 * @param dutyCycle share of the time that learning an epoch may compute
 */
public record PolicySettings(
    String group,
    PolicyConfig recipe,
    PolicyTraining.Settings training,
    Duration checkpointInterval,
    double dutyCycle) {
  public PolicySettings {
    if (group.isBlank()) {
      throw new IllegalArgumentException(PolicyKeys.GROUP.name() + " is empty");
    }
  }

  /** What holds where nothing is set. */
  public static PolicySettings defaults() {
    return new PolicySettings(
        "attune-trainer-policy",
        PolicyConfig.defaults(),
        new PolicyTraining.Settings(new EpochSchedule(64, 16_384), 4096, 64, 1),
        Duration.ofMinutes(10),
        0.5);
  }
}
