package dev.attune.trainer.core;

import dev.attune.schemas.events.BucketPosition;
import dev.attune.schemas.events.ModelVersion;
import java.util.List;
import java.util.Optional;

/**
 * Decides where a partition goes on.
 *
 * <p>The last committed manifests decide. A checkpoint writes the manifests of the models that
 * changed, all with the partition's position; a model that did not change keeps its older manifest
 * with an older position, between which and the partition's there is nothing for it. So the
 * partition's position is the largest one in its manifests.
 *
 * <p>The group's offset is a cross-check. It is followed only where its {@link CommitNote} says
 * that it was committed after the very same manifests, so that only buckets without comparisons lie
 * between.
 */
public final class StartPosition {
  private StartPosition() {}

  /** The group's offset for a partition, with its note where the trainer wrote it. */
  public record GroupOffset(long offset, Optional<CommitNote> note) {}

  /**
   * The partition as the broker has it.
   *
   * @param topic its name, for messages
   * @param topicId the topic's id
   * @param beginning the first offset that is still there
   * @param end the offset after the last one
   */
  public record Log(String topic, String topicId, int partition, long beginning, long end) {}

  /**
   * @param offset the first offset to read
   * @param groupDiffers true where the group's offset says something else that was not followed
   */
  public record Decision(long offset, boolean groupDiffers) {}

  /**
   * @param manifests the newest manifests of the partition's models
   * @throws TrainerException where going on would skip or repeat buckets
   */
  public static Decision decide(
      Log log, List<ModelVersion> manifests, Optional<GroupOffset> group) {
    for (ModelVersion manifest : manifests) {
      for (BucketPosition position : manifest.getPositions()) {
        if (position.getPartition() == log.partition()) {
          requireSameTopic(log, position.getTopicId(), "the manifest of " + manifest.getName());
        }
      }
    }
    long trained = trained(manifests, log.partition());
    Optional<CommitNote> note = group.flatMap(GroupOffset::note);
    Decision decision;
    if (trained == PartitionTrainer.NOT_TRAINED) {
      note.ifPresent(n -> requireManifests(log, n));
      decision = new Decision(group.map(GroupOffset::offset).orElse(log.beginning()), false);
    } else if (group.isPresent()
        && group.get().offset() >= trained
        && note.filter(n -> n.topicId().equals(log.topicId()))
            .filter(n -> n.trainedPosition() == trained)
            .isPresent()) {
      decision = new Decision(group.get().offset(), false);
    } else {
      decision = new Decision(trained, group.isPresent() && group.get().offset() != trained);
    }
    requireInRange(log, decision.offset());
    return decision;
  }

  /** The largest position of a partition in the manifests. */
  static long trained(List<ModelVersion> manifests, int partition) {
    return manifests.stream()
        .flatMap(manifest -> manifest.getPositions().stream())
        .filter(position -> position.getPartition() == partition)
        .mapToLong(BucketPosition::getNextOffset)
        .max()
        .orElse(PartitionTrainer.NOT_TRAINED);
  }

  private static void requireManifests(Log log, CommitNote note) {
    requireSameTopic(log, note.topicId(), "the group's offset");
    if (note.models() > 0) {
      throw new TrainerException(
          "partition "
              + log.partition()
              + " of "
              + log.topic()
              + " had "
              + note.models()
              + " models when its offset was committed, but none of their manifests is there:"
              + " restore the models topic, or delete the group's offsets to learn from the start");
    }
  }

  private static void requireSameTopic(Log log, String topicId, String where) {
    if (!topicId.equals(log.topicId())) {
      throw new TrainerException(
          where
              + " names topic id "
              + topicId
              + " but "
              + log.topic()
              + " now has "
              + log.topicId()
              + ": the topic was made anew, its offsets mean other buckets");
    }
  }

  private static void requireInRange(Log log, long offset) {
    if (offset < log.beginning() || offset > log.end()) {
      throw new TrainerException(
          "partition "
              + log.partition()
              + " of "
              + log.topic()
              + " should go on at offset "
              + offset
              + " but has offsets "
              + log.beginning()
              + " to "
              + log.end()
              + ": buckets were lost, and skipping them takes a person's decision");
    }
  }
}
