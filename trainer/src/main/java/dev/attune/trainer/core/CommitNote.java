package dev.attune.trainer.core;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the trainer writes beside a group offset, in its metadata. It tells an offset that stands
 * ahead of the manifests because only empty buckets followed them from one that somebody set.
 *
 * @param topicId the id of the topic that was read
 * @param models how many models the partition had
 * @param trainedPosition the position in the newest manifests, or {@link
 *     PartitionTrainer#NOT_TRAINED}
 */
public record CommitNote(String topicId, int models, long trainedPosition) {
  private static final Pattern FORMAT =
      Pattern.compile("attune/1 topic=(\\S+) models=(\\d{1,9}) trained=(-?\\d{1,18})");

  public String encode() {
    return "attune/1 topic=" + topicId + " models=" + models + " trained=" + trainedPosition;
  }

  /** Empty where the metadata was not written by the trainer. */
  public static Optional<CommitNote> decode(String metadata) {
    Matcher matcher = FORMAT.matcher(metadata);
    return matcher.matches()
        ? Optional.of(
            new CommitNote(
                matcher.group(1),
                Integer.parseInt(matcher.group(2)),
                Long.parseLong(matcher.group(3))))
        : Optional.empty();
  }
}
