package dev.attune.trainer.kafka.users;

import dev.attune.trainer.core.TrainerException;
import dev.attune.trainer.users.BucketRecord;
import java.util.List;
import java.util.concurrent.Callable;

/**
 * A partition's records that are learned together.
 *
 * @param records at least one, in their order
 * @param most so many events at most, where that is limited
 */
record Turn(OwnedUsers partition, List<BucketRecord> records, int most) {

  /** The work on these turns; where it fails, the exception says which buckets are not learned. */
  static Callable<Boolean> naming(List<Turn> turns, Runnable work) {
    return () -> {
      try {
        work.run();
        return true;
      } catch (IllegalArgumentException | IllegalStateException e) {
        throw new TrainerException("learning from the buckets at %s failed".formatted(turns), e);
      }
    };
  }

  @Override
  public String toString() {
    return "offsets %d to %d of %s"
        .formatted(
            records.get(0).offset(),
            records.get(records.size() - 1).offset(),
            partition.topicPartition());
  }
}
