package dev.attune.ingest;

import dev.attune.schemas.events.Feedback;
import org.jspecify.annotations.Nullable;

/**
 * What one record of attune.preferences means for its user's buckets.
 *
 * @param partition of the record, as is its offset
 * @param revision of the event; 0 where there is no feedback
 * @param feedback null: the record teaches nothing (withdrawn, rejected, a repeat), but its offset
 *     is to be covered
 * @param userText what the user says of themself
 */
record UserEvent(
    String userId,
    String domain,
    int partition,
    long offset,
    long appendedAt,
    String eventId,
    int revision,
    @Nullable Feedback feedback,
    @Nullable String userText) {

  /** A record that taught nothing. */
  static UserEvent empty(
      String userId, String domain, int partition, long offset, long appendedAt) {
    return new UserEvent(userId, domain, partition, offset, appendedAt, "", 0, null, null);
  }

  UserEvent withoutFeedback() {
    return empty(userId, domain, partition, offset, appendedAt);
  }
}
