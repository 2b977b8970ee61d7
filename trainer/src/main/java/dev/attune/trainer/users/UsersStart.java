package dev.attune.trainer.users;

import dev.attune.trainer.core.TrainerException;
import java.time.Instant;
import java.util.Optional;

/**
 * Decides where the users of a partition go on: at the group's offset, which was committed with
 * their states in one transaction. Without one, and without states, at the beginning.
 *
 * @param offset the first record that heads read
 * @param rowPosition the first record that rows read
 * @param time the latest event's so far
 */
public record UsersStart(long offset, long rowPosition, Instant time) {

  /**
   * The partition as the broker has it.
   *
   * @param topicId the id of attune.buckets.by-user
   * @param usersTopicId the id of attune.users
   * @param beginning the first offset that is still there
   * @param end the offset after the last one
   */
  public record Log(String topicId, String usersTopicId, int partition, long beginning, long end) {}

  /** The group's offset with its note, where the pipeline wrote it. */
  public record GroupOffset(long offset, Optional<UsersNote> note) {}

  /**
   * @param users how many users have a state
   * @throws TrainerException where going on would skip or repeat buckets
   */
  public static UsersStart decide(Log log, Optional<GroupOffset> group, long users) {
    if (group.isEmpty() || group.get().note().isEmpty()) {
      if (users > 0) {
        throw new TrainerException(
            "partition %d has states of %d users, but %s: restore the group's offsets, or empty the users topic to learn from the start"
                .formatted(
                    log.partition(),
                    users,
                    group.isEmpty()
                        ? "the group has no offset for it"
                        : "the group's offset was not set by this pipeline"));
      }
      long start = group.map(GroupOffset::offset).orElse(log.beginning());
      requireInRange(log, start);
      return new UsersStart(start, start, Instant.EPOCH);
    }
    UsersNote note = group.get().note().get();
    requireSame("the buckets", note.topicId(), log.topicId());
    requireSame("the users", note.usersTopicId(), log.usersTopicId());
    long offset = group.get().offset();
    requireInRange(log, offset);
    // Rows may have waited for a policy longer than buckets are kept; heads have learned those.
    long rows = Math.min(offset, Math.max(note.rowPosition(), log.beginning()));
    return new UsersStart(offset, rows, note.time());
  }

  private static void requireSame(String what, String noted, String found) {
    if (!noted.equals(found)) {
      throw new TrainerException(
          "the group's offset names topic id %s for %s but the topic now has %s: it was made anew"
              .formatted(noted, what, found));
    }
  }

  private static void requireInRange(Log log, long offset) {
    if (offset < log.beginning() || offset > log.end()) {
      throw new TrainerException(
          "partition %d of the users' buckets should go on at offset %d but has offsets %d to %d: buckets were lost, and skipping them takes a person's decision"
              .formatted(log.partition(), offset, log.beginning(), log.end()));
    }
  }
}
