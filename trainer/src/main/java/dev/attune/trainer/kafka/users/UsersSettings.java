package dev.attune.trainer.kafka.users;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * How the users pipeline works. Immutable.
 *
 * @param group the consumer group, and the prefix of transactional ids
 * @param stateDir the folder of the stores on disk; one process's
 * @param memory bytes that the stores of all partitions take
 * @param rows whether P-DPO rows are learned
 * @param batched whether a batch's events share their passes; states then depend on what was polled
 *     together, in their last bits
 * @param references how many of its latest events a state refers to
 * @param rememberedReplies how many replies' features are remembered
 * @param expireAfter how long a user may be idle; empty: for ever
 * @param evaluateEvery a partition's measurements are written after so many events
 */
public record UsersSettings(
    String group,
    Path stateDir,
    long memory,
    boolean rows,
    boolean batched,
    int references,
    int rememberedReplies,
    Optional<Duration> expireAfter,
    int evaluateEvery) {
  /** Checks the group. */
  public UsersSettings {
    if (group.isBlank()) {
      throw new IllegalArgumentException("the users pipeline's group is empty");
    }
  }
}
