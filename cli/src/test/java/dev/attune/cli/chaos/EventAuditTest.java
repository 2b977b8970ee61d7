package dev.attune.cli.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.cli.traffic.Place;
import dev.attune.schemas.Topics;
import dev.attune.schemas.events.Comparison;
import dev.attune.schemas.events.Feedback;
import dev.attune.schemas.events.Position;
import dev.attune.schemas.events.PreferenceBucket;
import dev.attune.schemas.events.Retraction;
import dev.attune.schemas.events.Route;
import java.time.Instant;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class EventAuditTest {
  private static final int PARTITION = 3;

  private final EventAudit audit = new EventAudit();
  private int number;

  @Test
  void shouldFindAllRightWhereEachEventIsInOneBucketOfEachRoute() {
    // Given
    send(event("one", 0), event("one", 0), broken(), event("two", 0));
    audit.rejected(source(2));
    byUser(0, List.of(feedback("one", 0, 0)), List.of(), 0, 1, 2);
    byUser(1, List.of(feedback("two", 0, 3)), List.of(), 3);
    byDomain(0, List.of(feedback("one", 0, 0), feedback("two", 0, 3)), List.of(), 0, 3);

    // When
    Tally tally = audit.tally();

    // Then
    assertThat(tally.right()).isTrue();
    assertThat(tally.events().accepted()).isEqualTo(2);
    assertThat(tally.events().duplicate()).isEqualTo(1);
    assertThat(tally.events().rejected()).isEqualTo(1);
  }

  @Test
  void shouldTakeRetractionsOff() {
    // Given
    send(event("one", 0), event("one", 2), event("one", 1), withdrawal("one", 3));
    byUser(0, List.of(feedback("one", 0, 0)), List.of(), 0);
    byUser(1, List.of(feedback("one", 2, 1)), List.of(retraction("one", 0, 0)), 1, 2);
    byUser(2, List.of(), List.of(retraction("one", 2, 1)), 3);
    byDomain(0, List.of(), List.of(), 0, 1);

    // When
    Tally tally = audit.tally();

    // Then
    assertThat(tally.right()).isTrue();
    assertThat(tally.events().corrected()).isEqualTo(1);
    assertThat(tally.events().withdrawn()).isEqualTo(1);
    assertThat(tally.events().duplicate()).isEqualTo(1);
    assertThat(tally.byUser().retractions()).isEqualTo(2);
  }

  @Test
  void shouldFindWhatIsLost() {
    // Given
    send(event("one", 0), event("two", 0));
    byUser(0, List.of(feedback("one", 0, 0)), List.of(), 0, 1);
    byDomain(0, List.of(feedback("one", 0, 0)), List.of(), 0);

    // When
    Tally tally = audit.tally();

    // Then
    assertThat(tally.complete()).isFalse();
    assertThat(tally.byUser().lost()).isEqualTo(1);
    assertThat(tally.byUser().uncovered()).isZero();
    assertThat(tally.byDomain().lost()).isEqualTo(1);
    assertThat(tally.byDomain().uncovered()).isEqualTo(1);
  }

  @Test
  void shouldFindWhatIsThereTwice() {
    // Given
    send(event("one", 0), event("two", 0), event("two", 0));
    byUser(0, List.of(feedback("one", 0, 0), feedback("two", 0, 1)), List.of(), 0, 1, 2);
    byUser(1, List.of(feedback("one", 0, 0)), List.of(), 0);
    byDomain(0, List.of(feedback("one", 0, 0), feedback("two", 0, 1)), List.of(), 0, 1);
    byDomain(1, List.of(feedback("two", 0, 2)), List.of(), 2);

    // When
    Tally tally = audit.tally();

    // Then
    assertThat(tally.complete()).isTrue();
    assertThat(tally.right()).isFalse();
    assertThat(tally.byUser().twice()).isEqualTo(1);
    assertThat(tally.byUser().coveredTwice()).isEqualTo(1);
    assertThat(tally.byDomain().twice()).isEqualTo(1);
  }

  @Test
  void shouldFindWhatCountsStillAfterItWasReplaced() {
    // Given
    send(event("one", 0), event("one", 1));
    byUser(0, List.of(feedback("one", 0, 0), feedback("one", 1, 1)), List.of(), 0, 1);
    byDomain(0, List.of(feedback("one", 1, 1)), List.of(), 0, 1);

    // When
    Tally tally = audit.tally();

    // Then
    assertThat(tally.byUser().stale()).isEqualTo(1);
    assertThat(tally.byDomain().right()).isTrue();
  }

  @Test
  void shouldFindWhatIsTakenBackTwice() {
    // Given
    send(event("one", 0), event("one", 1));
    byUser(0, List.of(feedback("one", 0, 0)), List.of(), 0);
    byUser(
        1,
        List.of(feedback("one", 1, 1)),
        List.of(retraction("one", 0, 0), retraction("one", 0, 0)),
        1);

    // When
    Tally tally = audit.tally();

    // Then
    assertThat(tally.byUser().lost()).isEqualTo(1);
  }

  @Test
  void shouldFindGapsInTheSequenceAndOtherFeedbackThanWasSent() {
    // Given
    send(event("one", 0), event("two", 0));
    byUser(0, List.of(feedback("one", 0, 0)), List.of(), 0);
    byUser(2, List.of(feedback("other", 0, 1)), List.of(), 1);

    // When
    Tally tally = audit.tally();

    // Then
    assertThat(tally.byUser().sequenceBreaks()).isEqualTo(1);
    assertThat(tally.byUser().wrong()).isEqualTo(1);
  }

  @Test
  void shouldCountAnEventOnlyOnceThatWasHeldBackAtFirst() {
    // Given
    send(event("one", 0), event("one", 0));
    audit.quarantined(source(0));
    byUser(0, List.of(feedback("one", 0, 1)), List.of(), 0, 1);
    byDomain(0, List.of(feedback("one", 0, 1)), List.of(), 1);

    // When
    Tally tally = audit.tally();

    // Then
    assertThat(tally.right()).isTrue();
    assertThat(tally.events().quarantined()).isEqualTo(1);
    assertThat(tally.events().accepted()).isEqualTo(1);
  }

  @Test
  void shouldFindWhatTheRejectedTopicLacksOrHasTwice() {
    // Given
    send(broken(), broken(), event("one", 0));
    audit.rejected(source(0));
    audit.rejected(source(0));
    audit.rejected(source(2));

    // When
    EventCounts counts = audit.tally().events();

    // Then
    assertThat(counts.rejectedMissing()).isEqualTo(1);
    assertThat(counts.rejectedWrong()).isEqualTo(2);
  }

  @Test
  void shouldFindWhatTheBrokersLostOrKeptTwice() {
    // Given
    audit.sent(event("one", 0));
    audit.acknowledged(0);
    audit.sent(event("two", 0));
    audit.acknowledged(1);
    audit.inLog(new Place(PARTITION, 0), 1);
    audit.inLog(new Place(PARTITION, 1), 1);

    // When
    EventCounts counts = audit.tally().events();

    // Then
    assertThat(counts.acknowledgedLost()).isEqualTo(1);
    assertThat(counts.logTwice()).isEqualTo(1);
    assertThat(counts.right()).isFalse();
  }

  private void send(ChaosEvent... events) {
    for (int i = 0; i < events.length; i++) {
      audit.sent(events[i]);
      audit.acknowledged(i);
      audit.inLog(new Place(PARTITION, i), i);
    }
  }

  private ChaosEvent event(String eventId, int revision) {
    return new ChaosEvent(number++, "ada", "law", eventId, revision, false, true, 1);
  }

  private ChaosEvent withdrawal(String eventId, int revision) {
    return new ChaosEvent(number++, "ada", "law", eventId, revision, true, true, 0);
  }

  private ChaosEvent broken() {
    return new ChaosEvent(number++, "ada", "law", "broken-" + number, 0, false, false, 0);
  }

  private void byUser(
      long sequence, List<Feedback> feedback, List<Retraction> retractions, long... offsets) {
    audit.bucket(
        Route.BY_USER, "ada", bucket(Route.BY_USER, sequence, feedback, retractions, offsets));
  }

  private void byDomain(
      long sequence, List<Feedback> feedback, List<Retraction> retractions, long... offsets) {
    audit.bucket(
        Route.BY_DOMAIN, "law", bucket(Route.BY_DOMAIN, sequence, feedback, retractions, offsets));
  }

  private static PreferenceBucket bucket(
      Route route,
      long sequence,
      List<Feedback> feedback,
      List<Retraction> retractions,
      long... offsets) {
    return PreferenceBucket.newBuilder()
        .setRoute(route)
        .setUserId("ada")
        .setDomain("law")
        .setSequence(sequence)
        .setFeedback(feedback)
        .setFirstEventAt(Instant.EPOCH)
        .setLastEventAt(Instant.EPOCH)
        .setSourcePartition(PARTITION)
        .setSourceOffsets(LongStream.of(offsets).boxed().toList())
        .setRetractions(retractions)
        .build();
  }

  private static Feedback feedback(String eventId, int revision, long offset) {
    return Feedback.newBuilder()
        .setEventId(eventId)
        .setRevision(revision)
        .setOffset(offset)
        .setOccurredAt(Instant.EPOCH)
        .setPrompt(List.of())
        .setReplies(List.of())
        .setComparisons(List.of(new Comparison(0, 1, 1f, 0f, false)))
        .setJudgements(List.of())
        .setServedBy(null)
        .build();
  }

  private static Retraction retraction(String eventId, int revision, long offset) {
    return new Retraction(eventId, revision, revision + 1, offset, 1, 0);
  }

  private static Position source(long offset) {
    return new Position(Topics.PREFERENCES.name(), PARTITION, offset);
  }
}
