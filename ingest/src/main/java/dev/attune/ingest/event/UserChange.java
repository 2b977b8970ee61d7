package dev.attune.ingest.event;

/** What a record means for its user's buckets. */
public sealed interface UserChange {

  String userId();

  /** An accepted event with its feedback. */
  record Learned(UserEvent event) implements UserChange {
    @Override
    public String userId() {
      return event.userId();
    }
  }

  /**
   * A record that teaches nothing: rejected, quarantined, a repeat, a withdrawal. Its offset is to
   * be covered.
   *
   * @param domain of the event; {@code general} where that is unknown
   */
  record Covered(String userId, String domain, SourceRecord source) implements UserChange {}

  /**
   * An earlier revision of an event is taken back. Goes before what replaces it.
   *
   * @param domain of the earlier revision
   * @param revision the one that is taken back
   * @param byRevision the one that takes it back
   * @param partition of the earlier revision's record, as is its offset
   */
  record Retracted(
      String userId,
      String domain,
      String eventId,
      int revision,
      int byRevision,
      int partition,
      long offset,
      int comparisons,
      int judgements)
      implements UserChange {}

  /** The user leaves: nothing of them may stay. */
  record Erased(String userId) implements UserChange {}
}
