package dev.attune.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.ingest.admission.AbuseGuard;
import dev.attune.ingest.admission.QuarantineReason;
import dev.attune.ingest.topology.StateStores;
import dev.attune.schemas.events.Feedback;
import dev.attune.schemas.events.PreferenceBucket;
import dev.attune.schemas.events.PreferenceEvent;
import dev.attune.schemas.events.Retraction;
import dev.attune.schemas.events.Route;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Later revisions: what they take back, where, and what takes its place. */
class CorrectionTest {
  private static final Retraction OF_THE_FIRST = new Retraction("e", 0, 1, 0L, 2, 0);

  @TempDir Path stateDir;
  private FakeRegistry registry;
  private IngestHarness ingest;

  @BeforeEach
  void start() {
    registry = new FakeRegistry();
    ingest =
        new IngestHarness(
            registry,
            stateDir,
            Map.of("ingest.deduplication-window", "10 min"),
            event ->
                "hold".equals(event.userText())
                    ? Optional.of(new AbuseGuard.Quarantine(QuarantineReason.RATE_LIMITED, "held"))
                    : Optional.empty(),
            StateStores.Suppliers.persistent(),
            Events.NOW);
  }

  @AfterEach
  void stop() {
    ingest.close();
    registry.close();
  }

  @Test
  void shouldReplaceFeedbackInAnOpenBucket() {
    // Given
    ingest.send(first().build());
    ingest.send(first().setRevision(1).setCandidates(Events.candidates(2)).build());

    // When
    PreferenceBucket bucket = ingest.flush(Route.BY_USER).get(0);

    // Then
    assertThat(bucket.getFeedback()).extracting(Feedback::getRevision).containsExactly(1);
    assertThat(bucket.getSourceOffsets()).containsExactly(0L, 1L);
    assertThat(bucket.getRetractions()).isEmpty();
    PreferenceBucket byDomain = ingest.byDomain.readValue();
    assertThat(byDomain.getFeedback()).isEqualTo(bucket.getFeedback());
    assertThat(byDomain.getSourceOffsets()).containsExactly(0L, 1L);
    assertThat(ingest.count("corrected", "")).isEqualTo(1);
    assertThat(ingest.meters.get("attune.ingest.comparisons").counter().count()).isEqualTo(3);
  }

  @Test
  void shouldRetractWhereTheBucketIsClosedAndTakeOutWhereItIsOpen() {
    // Given
    ingest.send(first().build());
    ingest.advance(Duration.ofMillis(50));
    ingest.byUser.readValue();
    ingest.send(first().setRevision(1).build());

    // When
    PreferenceBucket byUser = ingest.flush(Route.BY_USER).get(0);

    // Then
    assertThat(byUser.getSequence()).isEqualTo(1);
    assertThat(byUser.getRetractions()).containsExactly(OF_THE_FIRST);
    assertThat(byUser.getFeedback()).extracting(Feedback::getRevision).containsExactly(1);
    assertThat(byUser.getSourceOffsets()).containsExactly(1L);
    PreferenceBucket byDomain = ingest.byDomain.readValue();
    assertThat(byDomain.getRetractions()).isEmpty();
    assertThat(byDomain.getFeedback()).extracting(Feedback::getRevision).containsExactly(1);
    assertThat(byDomain.getSourceOffsets()).containsExactly(0L, 1L);
  }

  @Test
  void shouldRetractInTheDomainOfTheEarlierRevision() {
    // Given
    ingest.send(first().build());
    ingest.advance(Duration.ofSeconds(1));
    ingest.byUser.readValue();
    ingest.byDomain.readValue();
    ingest.send(first().setRevision(1).setDomain("law").build());

    // When
    List<PreferenceBucket> byDomain = ingest.flush(Route.BY_DOMAIN);

    // Then
    assertThat(byDomain).extracting(PreferenceBucket::getDomain).containsExactly("cooking", "law");
    assertThat(byDomain.get(0).getRetractions()).containsExactly(OF_THE_FIRST);
    assertThat(byDomain.get(0).getFeedback()).isEmpty();
    assertThat(byDomain.get(0).getSourceOffsets()).isEmpty();
    assertThat(byDomain.get(1).getFeedback()).hasSize(1);
    assertThat(byDomain.get(1).getRetractions()).isEmpty();
    assertThat(ingest.byUser.readValuesToList())
        .extracting(PreferenceBucket::getRetractions)
        .containsExactly(List.of(OF_THE_FIRST), List.of());
  }

  @Test
  void shouldLeaveNothingOfAWithdrawnEvent() {
    // Given
    ingest.send(first().setUserText("I cook").build());
    ingest.send(first().setRevision(1).setWithdrawn(true).build());

    // When
    PreferenceBucket bucket = ingest.flush(Route.BY_USER).get(0);

    // Then
    assertThat(bucket.getFeedback()).isEmpty();
    assertThat(bucket.getUserText()).isNull();
    assertThat(bucket.getRetractions()).isEmpty();
    assertThat(bucket.getSourceOffsets()).containsExactly(0L, 1L);
    assertThat(ingest.count("withdrawn", "")).isEqualTo(1);
  }

  @Test
  void shouldMakeRoomInTheBucketForWhatTakesThePlace() {
    // Given
    for (int i = 0; i < 7; i++) {
      ingest.send(Events.choice("ann", "e" + i, 3).build());
    }

    // When
    ingest.send(Events.choice("ann", "e0", 3).setRevision(1).build());

    // Then
    assertThat(ingest.byUser.isEmpty()).isTrue();
    ingest.send(Events.choice("ann", "last", 3).build());
    assertThat(ingest.byUser.readValue().getFeedback()).hasSize(8);
  }

  @Test
  void shouldNotCountWhatComesBeforeOrAgainAfterItsWithdrawal() {
    // Given
    ingest.send(first().setRevision(1).setWithdrawn(true).build());

    // When
    ingest.send(first().build());
    ingest.send(first().setRevision(1).setWithdrawn(true).build());

    // Then
    assertThat(ingest.count("withdrawn", "")).isEqualTo(1);
    assertThat(ingest.count("duplicate", "superseded")).isEqualTo(1);
    assertThat(ingest.count("duplicate", "retry")).isEqualTo(1);
    assertThat(ingest.count("accepted", "")).isZero();
  }

  @Test
  void shouldCountARevisionAfterAWithdrawalWithoutTakingAnythingBack() {
    // Given
    ingest.send(first().build());
    ingest.send(first().setRevision(1).setWithdrawn(true).build());
    ingest.flush(Route.BY_USER);

    // When
    ingest.send(first().setRevision(2).build());

    // Then
    PreferenceBucket bucket = ingest.flush(Route.BY_USER).get(0);
    assertThat(bucket.getFeedback()).extracting(Feedback::getRevision).containsExactly(2);
    assertThat(bucket.getRetractions()).isEmpty();
    assertThat(ingest.count("corrected", "")).isEqualTo(1);
  }

  @Test
  void shouldRejectACorrectionOfAnEventThatMayBeForgotten() {
    // Given a window of 10 minutes, and clocks that may differ by 5
    PreferenceEvent.Builder late = first().setRevision(1);

    // When
    ingest.send(late.setOccurredAt(Events.NOW.minus(Duration.ofMinutes(5))).build());
    ingest.send(late.setEventId("older").setOccurredAt(Events.NOW.minusMillis(300_001)).build());

    // Then
    assertThat(ingest.count("accepted", "")).isEqualTo(1);
    assertThat(ingest.count("rejected", "correction_too_late")).isEqualTo(1);
    assertThat(ingest.rejected.readValue().getReason()).isEqualTo("CORRECTION_TOO_LATE");
    assertThat(ingest.flush(Route.BY_USER).get(0).getSourceOffsets()).containsExactly(0L, 1L);
  }

  @Test
  void shouldStillCorrectAtTheEndOfTheWindowWithoutProlongingIt() {
    // Given
    ingest.send(first().build());
    ingest.advance(Duration.ofMinutes(10));
    ingest.send(first().setRevision(1).build());
    ingest.advance(Duration.ofMillis(1));

    // When
    ingest.send(first().setRevision(1).setOccurredAt(ingest.now()).build());

    // Then
    assertThat(ingest.count("corrected", "")).isEqualTo(1);
    assertThat(ingest.count("accepted", "")).isEqualTo(2);
    assertThat(ingest.dropped()).isZero();
  }

  @Test
  void shouldKeepTheEarlierRevisionWhenTheCorrectionIsHeldBack() {
    // Given
    ingest.send(first().build());
    ingest.send(first().setRevision(1).setUserText("hold").build());

    // When
    PreferenceBucket bucket = ingest.flush(Route.BY_USER).get(0);

    // Then
    assertThat(bucket.getFeedback()).extracting(Feedback::getRevision).containsExactly(0);
    assertThat(bucket.getSourceOffsets()).containsExactly(0L, 1L);
    assertThat(ingest.count("quarantined", "rate_limited")).isEqualTo(1);
    assertThat(ingest.quarantined.readRecord().key()).isEqualTo("ann");
  }

  @Test
  void shouldCountAnEventLaterThatWasHeldBack() {
    // Given
    PreferenceEvent.Builder held = first().setUserText("hold");
    ingest.send(held.build());

    // When
    ingest.send(held.setUserText(null).build());

    // Then
    assertThat(ingest.count("accepted", "")).isEqualTo(1);
    assertThat(ingest.count("quarantined", "rate_limited")).isEqualTo(1);
  }

  private static PreferenceEvent.Builder first() {
    return Events.choice("ann", "e", 3);
  }
}
