package dev.attune.ingest.bucket;

import dev.attune.ingest.event.SourceRecord;
import dev.attune.ingest.event.UserChange;
import dev.attune.ingest.event.UserEvent;
import dev.attune.schemas.events.Feedback;
import dev.attune.schemas.events.PreferenceBucket;
import dev.attune.schemas.events.Retraction;
import dev.attune.schemas.events.Route;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What stands in items and buckets. Pure. */
final class Contents {
  private Contents() {}

  /** An accepted event. */
  static PreferenceBucket of(UserEvent event) {
    Feedback feedback = event.feedback();
    return content(
        new BucketKey(event.userId(), event.domain()),
        List.of(feedback),
        event.userText(),
        feedback.getOccurredAt(),
        event.source().partition(),
        List.of(event.source().offset()),
        List.of());
  }

  /** A record that taught nothing. */
  static PreferenceBucket of(UserChange.Covered covered) {
    SourceRecord source = covered.source();
    return content(
        new BucketKey(covered.userId(), covered.domain()),
        List.of(),
        null,
        Instant.ofEpochMilli(source.appendedAt()),
        source.partition(),
        List.of(source.offset()),
        List.of());
  }

  /** A retraction; the record that brought it has an item of its own. */
  static PreferenceBucket of(UserChange.Retracted retracted, Instant at) {
    return content(
        new BucketKey(retracted.userId(), retracted.domain()),
        List.of(),
        null,
        at,
        retracted.partition(),
        List.of(),
        List.of(
            Retraction.newBuilder()
                .setEventId(retracted.eventId())
                .setRevision(retracted.revision())
                .setByRevision(retracted.byRevision())
                .setOffset(retracted.offset())
                .setComparisons(retracted.comparisons())
                .setJudgements(retracted.judgements())
                .build()));
  }

  /** The same without what was said; its offset is still to be covered. */
  static PreferenceBucket withoutFeedback(PreferenceBucket content) {
    return content(
        new BucketKey(content.getUserId(), content.getDomain()),
        List.of(),
        null,
        content.getFirstEventAt(),
        content.getSourcePartition(),
        content.getSourceOffsets(),
        List.of());
  }

  /** One item's share of a bucket that closes. */
  record Part(PreferenceBucket content, boolean namesOffset) {}

  /** One bucket of all parts; its times are those of the feedback where there is any. */
  static PreferenceBucket merged(BucketKey key, Route route, long sequence, List<Part> parts) {
    List<Feedback> feedback = new ArrayList<>(parts.size());
    List<Long> offsets = new ArrayList<>(parts.size());
    List<Retraction> retractions = new ArrayList<>();
    String userText = null;
    for (Part part : parts) {
      PreferenceBucket content = part.content();
      feedback.addAll(content.getFeedback());
      retractions.addAll(content.getRetractions());
      if (part.namesOffset()) {
        offsets.addAll(content.getSourceOffsets());
      }
      userText = content.getUserText() == null ? userText : content.getUserText();
    }
    Instant first = Instant.MAX;
    Instant last = Instant.MIN;
    for (Part part : parts) {
      if (feedback.isEmpty() || !part.content().getFeedback().isEmpty()) {
        Instant at = part.content().getFirstEventAt();
        first = at.isBefore(first) ? at : first;
        last = at.isAfter(last) ? at : last;
      }
    }
    PreferenceBucket bucket =
        content(
            key,
            feedback,
            userText,
            first,
            parts.get(0).content().getSourcePartition(),
            offsets,
            retractions);
    bucket.setRoute(route);
    bucket.setSequence(sequence);
    bucket.setLastEventAt(last);
    return bucket;
  }

  private static PreferenceBucket content(
      BucketKey key,
      List<Feedback> feedback,
      @Nullable String userText,
      Instant at,
      int partition,
      List<Long> offsets,
      List<Retraction> retractions) {
    return new PreferenceBucket(
        Route.BY_USER,
        key.userId(),
        key.domain(),
        0L,
        feedback,
        userText,
        at,
        at,
        partition,
        offsets,
        retractions);
  }
}
