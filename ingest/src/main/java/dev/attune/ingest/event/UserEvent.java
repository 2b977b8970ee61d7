package dev.attune.ingest.event;

import dev.attune.schemas.events.Feedback;
import org.jspecify.annotations.Nullable;

/**
 * A valid event, read.
 *
 * @param revision of the event; a higher one replaces or withdraws the earlier ones
 * @param feedback what it teaches; null: the event is withdrawn
 * @param userText what the user says of themself
 * @param requestId the request that it answers
 * @param sideBySide the user picked among replies shown beside each other: a choice, a ranking or
 *     ratings
 */
public record UserEvent(
    SourceRecord source,
    String userId,
    String domain,
    String eventId,
    int revision,
    @Nullable Feedback feedback,
    @Nullable String userText,
    @Nullable String requestId,
    boolean sideBySide) {

  /** The same event with more said of its feedback. */
  public UserEvent withFeedback(Feedback enriched) {
    return new UserEvent(
        source, userId, domain, eventId, revision, enriched, userText, requestId, sideBySide);
  }
}
