package dev.attune.ingest.bucket;

import dev.attune.schemas.events.Feedback;
import dev.attune.schemas.events.PreferenceBucket;
import dev.attune.schemas.events.Route;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One part of open buckets: an event's feedback, a retraction, or just an offset. Its content is a
 * bucket of its own, in the wire format of the by-user topic: that schema is registered and evolves
 * compatibly. One item serves both routes.
 */
final class Item {
  /** Of the routes that it concerns. */
  static final int BY_USER = 1;

  static final int BY_DOMAIN = 2;
  static final int BOTH = BY_USER | BY_DOMAIN;

  /** By user its offset is not named: that was done when the event was quarantined. */
  static final int COVERED_BEFORE = 4;

  private final long index;
  private final int flags;
  private PreferenceBucket content;
  private int size;
  private @Nullable String eventId;
  private long offset;
  private int comparisons;

  /**
   * An item that is in the store.
   *
   * @param size of its content in the store
   */
  Item(long index, int flags, PreferenceBucket content, int size) {
    this.index = index;
    this.flags = flags;
    replace(content, size);
  }

  static int flag(Route route) {
    return route == Route.BY_USER ? BY_USER : BY_DOMAIN;
  }

  /** Takes a new content, such as one without its feedback. */
  void replace(PreferenceBucket newContent, int newSize) {
    List<Feedback> feedback = newContent.getFeedback();
    this.content = newContent;
    this.size = newSize;
    this.eventId = feedback.isEmpty() ? null : feedback.get(0).getEventId();
    this.offset = feedback.isEmpty() ? -1 : feedback.get(0).getOffset();
    this.comparisons = feedback.isEmpty() ? 0 : comparisons(feedback.get(0));
  }

  boolean concerns(Route route) {
    return (flags & flag(route)) != 0;
  }

  boolean namesOffsetOn(Route route) {
    return route == Route.BY_DOMAIN || (flags & COVERED_BEFORE) == 0;
  }

  /** Whether it has the feedback of this event's record. */
  boolean teaches(String event, long ofOffset) {
    return event.equals(eventId) && offset == ofOffset;
  }

  long index() {
    return index;
  }

  int flags() {
    return flags;
  }

  PreferenceBucket content() {
    return content;
  }

  int size() {
    return size;
  }

  /** Judgements included. */
  int comparisons() {
    return comparisons;
  }

  private static int comparisons(Feedback feedback) {
    return feedback.getComparisons().size() + feedback.getJudgements().size();
  }
}
