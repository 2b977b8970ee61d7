package dev.attune.cli.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.schemas.ModelKeys;
import dev.attune.schemas.events.Artifact;
import dev.attune.schemas.events.BucketPosition;
import dev.attune.schemas.events.Comparison;
import dev.attune.schemas.events.Feedback;
import dev.attune.schemas.events.ModelVersion;
import dev.attune.schemas.events.PreferenceBucket;
import dev.attune.schemas.events.Retraction;
import dev.attune.schemas.events.Route;
import dev.attune.schemas.events.UserEmbedding;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class TrainAuditTest {
  private static final String LAW = "domain/law";

  private final LearnedAccount undisturbed = new LearnedAccount();
  private final LearnedAccount disturbed = new LearnedAccount();

  /** Two events of one user, one of which is taken back. */
  @BeforeEach
  void fill() {
    for (LearnedAccount account : List.of(undisturbed, disturbed)) {
      for (Route route : Route.values()) {
        String key = route == Route.BY_USER ? "ada" : "law";
        account.bucket(route, 0, 0, key, bucket(route, 0, List.of(event(0), event(1)), List.of()));
        account.bucket(route, 0, 1, key, bucket(route, 1, List.of(event(2)), List.of(taken(1))));
      }
      account.manifest(LAW, manifest(3, "weights", 7));
      account.manifest(ModelKeys.history(LAW, 3), manifest(3, "weights", 7));
      account.user("ada", state(2, 2));
    }
  }

  @Test
  void shouldFindNothingWhereNothingDiffers() {
    // Given
    disturbed.manifest(LAW, manifest(3, "weights", 9));

    // When
    TrainTally tally = TrainAudit.compare(undisturbed, disturbed);

    // Then
    assertThat(tally.right()).isTrue();
    assertThat(tally.models().get(0).comparisons()).isEqualTo(3);
    assertThat(tally.users().comparisons()).isEqualTo(2);
  }

  @Test
  void shouldFindOtherWeights() {
    // Given
    disturbed.manifest(LAW, manifest(3, "others", 7));

    // When
    TrainTally tally = TrainAudit.compare(undisturbed, disturbed);

    // Then
    assertThat(tally.right()).isFalse();
    assertThat(tally.models().get(0).different()).containsExactly("weights");
  }

  @Test
  void shouldFindAModelThatIsMissing() {
    // Given
    disturbed.manifest(LAW, null);

    // When
    TrainTally tally = TrainAudit.compare(undisturbed, disturbed);

    // Then
    assertThat(tally.right()).isFalse();
    assertThat(tally.models().get(0).different()).containsExactly("missing");
  }

  @Test
  void shouldFindAComparisonThatBothRunsLearnedTwice() {
    // Given
    for (LearnedAccount account : List.of(undisturbed, disturbed)) {
      ModelVersion repeated = manifest(3, "weights", 7);
      repeated.setComparisons(4);
      account.manifest(LAW, repeated);
    }

    // When
    TrainTally tally = TrainAudit.compare(undisturbed, disturbed);

    // Then
    assertThat(tally.right()).isFalse();
    assertThat(tally.models().get(0).counted()).isFalse();
    assertThat(tally.models().get(0).different()).isEmpty();
  }

  @Test
  void shouldFindAnEarlierVersionThatDiffers() {
    // Given
    undisturbed.manifest(ModelKeys.history(LAW, 2), manifest(2, "earlier", 4));
    disturbed.manifest(ModelKeys.history(LAW, 2), manifest(2, "other", 4));

    // When
    TrainTally tally = TrainAudit.compare(undisturbed, disturbed);

    // Then
    assertThat(tally.right()).isFalse();
    assertThat(tally.versionsDifferent()).isEqualTo(1);
  }

  @Test
  void shouldFindAVersionThatWasPublishedTwice() {
    // Given
    disturbed.manifest(ModelKeys.history(LAW, 3), manifest(3, "others", 7));
    disturbed.manifest(ModelKeys.history(LAW, 3), manifest(3, "weights", 7));

    // When
    TrainTally tally = TrainAudit.compare(undisturbed, disturbed);

    // Then
    assertThat(tally.right()).isFalse();
    assertThat(tally.republished()).isEqualTo(2);
  }

  @Test
  void shouldFindAnotherStateOfAUser() {
    // Given
    UserEmbedding other = state(2, 2);
    other.setHeadMean(List.of(Math.nextUp(1f), 0f));
    disturbed.user("ada", other);

    // When
    TrainTally tally = TrainAudit.compare(undisturbed, disturbed);

    // Then
    assertThat(tally.right()).isFalse();
    assertThat(tally.users().different()).isEqualTo(1);
    assertThat(tally.users().fields()).containsExactly("headMean");
    assertThat(tally.users().miscounted()).isZero();
  }

  @Test
  void shouldFindAUserWhomBothRunsMiscounted() {
    // Given
    undisturbed.user("ada", state(3, 3));
    disturbed.user("ada", state(3, 3));

    // When
    TrainTally tally = TrainAudit.compare(undisturbed, disturbed);

    // Then
    assertThat(tally.right()).isFalse();
    assertThat(tally.users().miscounted()).isEqualTo(1);
  }

  @Test
  void shouldFindAnErasedUserWhoIsStillThere() {
    // Given
    undisturbed.bucket(Route.BY_USER, 0, 2, "ada", null);
    disturbed.bucket(Route.BY_USER, 0, 2, "ada", null);
    undisturbed.user("ada", null);

    // When
    TrainTally tally = TrainAudit.compare(undisturbed, disturbed);

    // Then
    assertThat(tally.right()).isFalse();
    assertThat(tally.users().different()).isEqualTo(1);
    assertThat(tally.users().miscounted()).isEqualTo(1);
  }

  @Test
  void shouldFindRunsOnDifferentBuckets() {
    // Given
    disturbed.bucket(
        Route.BY_DOMAIN, 0, 1, "law", bucket(Route.BY_DOMAIN, 1, List.of(event(3)), List.of()));

    // When
    TrainTally tally = TrainAudit.compare(undisturbed, disturbed);

    // Then
    assertThat(tally.right()).isFalse();
    assertThat(tally.bucketsDifferent()).isEqualTo(1);
  }

  private static PreferenceBucket bucket(
      Route route, long sequence, List<Feedback> feedback, List<Retraction> retractions) {
    return PreferenceBucket.newBuilder()
        .setRoute(route)
        .setUserId("ada")
        .setDomain("law")
        .setSequence(sequence)
        .setFeedback(feedback)
        .setFirstEventAt(Instant.EPOCH)
        .setLastEventAt(Instant.EPOCH)
        .setSourcePartition(0)
        .setSourceOffsets(feedback.stream().map(Feedback::getOffset).toList())
        .setRetractions(retractions)
        .build();
  }

  private static Feedback event(long offset) {
    return Feedback.newBuilder()
        .setEventId("event-" + offset)
        .setOffset(offset)
        .setOccurredAt(Instant.EPOCH)
        .setPrompt(List.of())
        .setReplies(List.of())
        .setComparisons(List.of(Comparison.newBuilder().setPreferred(0).setOther(1).build()))
        .setJudgements(List.of())
        .build();
  }

  private static Retraction taken(long offset) {
    return Retraction.newBuilder()
        .setEventId("event-" + offset)
        .setRevision(0)
        .setByRevision(1)
        .setOffset(offset)
        .setComparisons(1)
        .setJudgements(0)
        .build();
  }

  /** A domain's model that has learned two comparisons and holds one more. */
  private static ModelVersion manifest(long version, String weights, long position) {
    return ModelVersion.newBuilder()
        .setName(LAW)
        .setVersion(version)
        .setWeights(new Artifact(weights, 1L, 1))
        .setState(new Artifact("state", 1L, 1))
        .setBase("base")
        .setPrecision("fp32")
        .setCodeVersion("1")
        .setConfigHash("hash")
        .setPositions(List.of(new BucketPosition("topic", 0, position)))
        .setComparisons(2)
        .setEvents(2)
        .setSteps(1)
        .setMetrics(Map.of("pendingComparisons", 1.0, "pendingJudgements", 0.0))
        .setPublishedAt(Instant.ofEpochMilli(position))
        .build();
  }

  private static UserEmbedding state(long events, long comparisons) {
    return UserEmbedding.newBuilder()
        .setUserId("ada")
        .setEpoch(1)
        .setHeadMean(List.of(1f, 0f))
        .setHeadCovariance(List.of(1f, 0f, 1f))
        .setRow(List.of())
        .setOptimiserState(List.of())
        .setReferences(List.of())
        .setEvents(events)
        .setComparisons(comparisons)
        .build();
  }
}
