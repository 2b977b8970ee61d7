package dev.attune.trainer.users;

import java.time.Instant;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the users pipeline writes beside a group offset, in its metadata: the offset says how far
 * heads have come, the note everything else that belongs to that moment.
 *
 * @param topicId the id of attune.buckets.by-user
 * @param usersTopicId the id of attune.users
 * @param rowPosition the first offset that rows have not learned from
 * @param time the latest event's so far
 * @param epoch the newest policy that was learned under
 */
public record UsersNote(
    String topicId, String usersTopicId, long rowPosition, Instant time, long epoch) {
  private static final Pattern FORMAT =
      Pattern.compile(
          "attune-users/1 topic=(\\S+) users=(\\S+) rows=(\\d{1,18}) time=(-?\\d{1,18})"
              + " epoch=(\\d{1,18})");

  public String encode() {
    return "attune-users/1 topic=%s users=%s rows=%d time=%d epoch=%d"
        .formatted(topicId, usersTopicId, rowPosition, time.toEpochMilli(), epoch);
  }

  /** Empty where the metadata was not written by the users pipeline. */
  public static Optional<UsersNote> decode(String metadata) {
    Matcher matcher = FORMAT.matcher(metadata);
    return matcher.matches()
        ? Optional.of(
            new UsersNote(
                matcher.group(1),
                matcher.group(2),
                Long.parseLong(matcher.group(3)),
                Instant.ofEpochMilli(Long.parseLong(matcher.group(4))),
                Long.parseLong(matcher.group(5))))
        : Optional.empty();
  }
}
