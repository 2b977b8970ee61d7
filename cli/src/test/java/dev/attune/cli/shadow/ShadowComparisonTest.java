package dev.attune.cli.shadow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.attune.cli.traffic.Place;
import dev.attune.schemas.events.Candidate;
import dev.attune.schemas.events.CandidateScore;
import dev.attune.schemas.events.Choice;
import dev.attune.schemas.events.PreferenceEvent;
import dev.attune.schemas.events.Ranking;
import dev.attune.schemas.events.ScoreErrorCode;
import dev.attune.schemas.events.ScoreResult;
import dev.attune.schemas.events.Thumb;
import dev.attune.schemas.serde.TrustedRecords;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ShadowComparisonTest {
  static {
    TrustedRecords.trust();
  }

  private final ShadowComparison comparison = new ShadowComparison();
  private long told;

  @Test
  void shouldCountHowOftenTheBestRewardWasWhatWasPreferred() {
    // Given
    tell(event("r1", "ann", new Choice("b")));
    tell(event("r2", "ann", new Choice("a")));
    tell(event("r3", "bob", new Ranking(List.of(List.of("c"), List.of("a", "b")))));

    // When
    comparison.answer(answer("r1", "ann", 2, 1, 3));
    comparison.answer(answer("r2", "ann", 2, 1, 3));
    comparison.answer(answer("r3", "bob", 2, 2, 1));

    // Then
    ShadowComparison.Shares all = comparison.all();
    assertThat(all.picked().values()).isEqualTo(3);
    assertThat(all.picked().clusters()).isEqualTo(2);
    assertThat(all.picked().mean()).isCloseTo(2.0 / 3, within(1e-9));
    assertThat(all.first().mean()).isCloseTo(1.0 / 3, within(1e-9));
    assertThat(all.longest().mean()).isCloseTo(1.0 / 3, within(1e-9));
    assertThat(all.chance().mean()).isCloseTo(1.0 / 3, within(1e-9));
    assertThat(all.overFirst().mean()).isCloseTo(1.0 / 3, within(1e-9));
    assertThat(comparison.byDomain()).containsOnlyKeys("law");
  }

  @Test
  void shouldShareWhereSeveralAreBest() {
    // Given
    tell(event("r1", "ann", new Choice("b")));

    // When
    comparison.answer(answer("r1", "ann", 1, 1, 3));

    // Then
    assertThat(comparison.all().picked().mean()).isEqualTo(0.5);
  }

  @Test
  void shouldCompareOnlyWhatBelongsTogether() {
    // Given
    tell(event("other user", "ann", new Choice("a")));
    tell(event("no best", "ann", new Thumb("a", true)));
    tell(event("error", "ann", new Choice("a")));
    tell(event("other candidates", "ann", new Choice("a")));

    // When
    comparison.answer(answer("other user", "bob", 1, 2, 3));
    comparison.answer(answer("no best", "ann", 1, 2, 3));
    comparison.answer(
        ScoreResult.newBuilder(answer("error", "ann", 1, 2, 3))
            .setError(ScoreErrorCode.INTERNAL)
            .build());
    comparison.answer(answer("other candidates", "ann", 1, 2));
    comparison.answer(answer("no event", "ann", 1, 2, 3));

    // Then
    assertThat(comparison.answers()).isEqualTo(5);
    assertThat(comparison.all().picked().values()).isZero();
  }

  @Test
  void shouldTakeTheLastRevisionAndEachAnswerOnce() {
    // Given
    tell(PreferenceEvent.newBuilder(event("r1", "ann", new Choice("b"))).setRevision(1).build());
    tell(event("r1", "ann", new Choice("a")));

    // When
    comparison.answer(answer("r1", "ann", 2, 1, 3));
    comparison.answer(answer("r1", "ann", 2, 1, 3));

    // Then
    assertThat(comparison.all().picked().values()).isEqualTo(1);
    assertThat(comparison.all().picked().mean()).isEqualTo(1);
  }

  @Test
  void shouldLeaveOutWhatWasRejectedAndWhatErasedUsersSaidBefore() {
    // Given
    comparison.rejected(new Place(0, 0));
    tell(event("rejected", "ann", new Choice("b")));
    tell(event("before", "bob", new Choice("b")));
    tell(event("after", "bob", new Choice("b")));
    comparison.erased("bob", 1);

    // When
    comparison.answer(answer("rejected", "ann", 2, 1, 3));
    comparison.answer(answer("before", "bob", 2, 1, 3));
    comparison.answer(answer("after", "bob", 2, 1, 3));

    // Then
    assertThat(comparison.answers()).isEqualTo(3);
    assertThat(comparison.all().picked().values()).isEqualTo(1);
  }

  /** The number of an event is its offset and its time. */
  private void tell(PreferenceEvent event) {
    comparison.event(new Place(0, told), told, event);
    told++;
  }

  private static PreferenceEvent event(String requestId, String user, Object signal) {
    return PreferenceEvent.newBuilder()
        .setEventId(requestId)
        .setUserId(user)
        .setDomain("law")
        .setOccurredAt(Instant.EPOCH)
        .setRequestId(requestId)
        .setPrompt(List.of())
        .setCandidates(
            List.of(
                new Candidate("a", "long"), new Candidate("b", "short"), new Candidate("c", "x")))
        .setSignal(signal)
        .build();
  }

  private static ScoreResult answer(String requestId, String user, int... ranks) {
    List<CandidateScore> scores = new ArrayList<>();
    for (int rank : ranks) {
      scores.add(
          CandidateScore.newBuilder()
              .setId(String.valueOf((char) ('a' + scores.size())))
              .setReward(-rank)
              .setDomainReward(-rank)
              .setRank(rank)
              .build());
    }
    return ScoreResult.newBuilder()
        .setRequestId(requestId)
        .setUserId(user)
        .setDomain("law")
        .setCandidates(scores)
        .build();
  }
}
