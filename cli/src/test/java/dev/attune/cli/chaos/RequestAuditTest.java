package dev.attune.cli.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.cli.traffic.Place;
import dev.attune.schemas.Topics;
import dev.attune.schemas.events.CandidateScore;
import dev.attune.schemas.events.Position;
import dev.attune.schemas.events.ScoreErrorCode;
import dev.attune.schemas.events.ScoreResult;
import dev.attune.schemas.events.ScoreTimings;
import dev.attune.schemas.events.ScoreVersions;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RequestAuditTest {
  private static final int PARTITION = 2;
  private static final String BASE = "base";
  private static final Duration LONGEST_WAIT = Duration.ofSeconds(2);

  private final RequestAudit audit =
      new RequestAudit(
          new RequestAudit.Served() {
            @Override
            public String base() {
              return BASE;
            }

            @Override
            public boolean published(String model, long version) {
              return model.equals("general") && version <= 3;
            }
          },
          LONGEST_WAIT);

  private int number;

  @Test
  void shouldFindAllRightWhereEachRequestHasItsAnswer() {
    // Given
    send(request(null), malformed(), refused(ScoreErrorCode.NO_CANDIDATES));
    answer(scored(0));
    answer(error(1, "", ScoreErrorCode.MALFORMED));
    answer(error(2, "request-2", ScoreErrorCode.NO_CANDIDATES));

    // When
    RequestTally tally = audit.tally();

    // Then
    assertThat(tally.right(true)).isTrue();
    assertThat(tally.answers()).isEqualTo(3);
    assertThat(tally.codes().keySet()).containsExactly("MALFORMED", "NONE", "NO_CANDIDATES");
    assertThat(tally.versions()).containsEntry("general", 1);
  }

  @Test
  void shouldFindWhatIsLost() {
    // Given
    send(request(null), request(null), malformed());
    answer(scored(0));

    // When
    RequestTally tally = audit.tally();

    // Then
    assertThat(tally.complete()).isFalse();
    assertThat(tally.lost()).isEqualTo(2);
    assertThat(tally.idsLost()).isEqualTo(1);
  }

  @Test
  void shouldFindWhatIsAnsweredTwice() {
    // Given
    send(request(null), malformed());
    answer(scored(0));
    answer(scored(0));
    answer(error(1, "", ScoreErrorCode.MALFORMED));
    answer(error(1, "", ScoreErrorCode.MALFORMED));

    // When
    RequestTally tally = audit.tally();

    // Then
    assertThat(tally.complete()).isTrue();
    assertThat(tally.right(true)).isFalse();
    assertThat(tally.right(false)).isTrue();
    assertThat(tally.twice()).isEqualTo(2);
    assertThat(tally.idsTwice()).isEqualTo(1);
    assertThat(tally.codes().get("NONE").found()).isEqualTo(2);
  }

  @Test
  void shouldFindAnswersToWhatWasNeverAsked() {
    // Given
    send(request(null), request(null));
    answer(scored(0));
    answer(scored(1));
    answer(error(7, "", ScoreErrorCode.MALFORMED));
    answer(error(1, "of-nobody", ScoreErrorCode.INTERNAL));

    // When
    RequestTally tally = audit.tally();

    // Then
    assertThat(tally.strangers()).isEqualTo(2);
    assertThat(tally.right(true)).isFalse();
  }

  @Test
  void shouldFindAnswersThatChangedPlaces() {
    // Given
    send(request(null), request(null));
    ScoreResult first = scored(0);
    first.setRequestId("request-1");
    ScoreResult second = scored(1);
    second.setRequestId("request-0");
    answer(first);
    answer(second);

    // When
    RequestTally tally = audit.tally();

    // Then
    assertThat(tally.complete()).isTrue();
    assertThat(tally.wrong()).containsEntry("request id", 2L);
  }

  @Test
  void shouldFindAnswersThatSayWhatTheyMayNot() {
    // Given
    for (int i = 0; i < 7; i++) {
      send(request(null));
    }
    answer(error(0, "request-0", ScoreErrorCode.INTERNAL));
    ScoreResult otherCandidates = scored(1);
    otherCandidates.getCandidates().get(0).setId("other");
    answer(otherCandidates);
    ScoreResult otherSum = scored(2);
    otherSum.getCandidates().get(0).setReward(7);
    answer(otherSum);
    ScoreResult otherRank = scored(3);
    otherRank.getCandidates().get(0).setRank(2);
    answer(otherRank);
    ScoreResult unpublished = scored(4);
    unpublished.getVersions().setDomainModelVersion(4);
    answer(unpublished);
    ScoreResult otherUser = scored(5);
    otherUser.setUserId("eve");
    answer(otherUser);
    audit.answered("eve", scored(6));

    // When
    RequestTally tally = audit.tally();

    // Then
    assertThat(tally.wrong())
        .containsEntry("code", 1L)
        .containsEntry("candidates", 1L)
        .containsEntry("rewards", 2L)
        .containsEntry("versions", 1L)
        .containsEntry("user or domain", 1L)
        .containsEntry("key", 1L);
    assertThat(tally.right(true)).isFalse();
  }

  @Test
  void shouldFindRepeatsThatGotOtherRewardsOfTheSameVersions() {
    // Given
    ChaosRequest asked = request(null);
    send(asked, again(asked), again(asked), again(asked), again(asked));
    answer(scored(0));
    answer(rewarded(scored(1), 1 + 5e-6));
    ScoreResult newer = rewarded(scored(2), 3);
    newer.getVersions().setDomainModelVersion(2);
    answer(newer);
    ScoreResult learned = rewarded(scored(3), 4);
    learned.setIncluded(new Position(Topics.PREFERENCES.name(), 0, 1L));
    answer(learned);
    answer(rewarded(scored(4), 1 + 1e-4));

    // When
    RequestTally tally = audit.tally();

    // Then
    assertThat(tally.repeats().compared()).isEqualTo(2);
    assertThat(tally.repeats().different()).isEqualTo(1);
    assertThat(tally.repeats().largestDifference()).isBetween(0.9e-4, 1.1e-4);
    assertThat(tally.right(true)).isFalse();
  }

  @Test
  void shouldFindAnswersWithoutTheFeedbackThatWasNamed() {
    // Given
    Place after = new Place(0, 5);
    send(request(after), request(after), request(after));
    ScoreResult fresh = scored(0);
    fresh.setIncluded(new Position(Topics.PREFERENCES.name(), 0, 5L));
    answer(fresh);
    ScoreResult early = scored(1);
    early.setIncluded(new Position(Topics.PREFERENCES.name(), 0, 4L));
    answer(early);
    ScoreResult late = scored(2);
    late.setTimings(new ScoreTimings((double) LONGEST_WAIT.toMillis(), 1.0));
    answer(late);

    // When
    RequestTally tally = audit.tally();

    // Then
    assertThat(tally.after().requests()).isEqualTo(3);
    assertThat(tally.after().stale()).isEqualTo(1);
    assertThat(tally.after().waitedInVain()).isEqualTo(1);
    assertThat(tally.right(true)).isFalse();
  }

  @Test
  void shouldFindWhatTheBrokersLostOrKeptTwice() {
    // Given
    audit.sent(request(null));
    audit.acknowledged(0);
    audit.sent(request(null));
    audit.acknowledged(1);
    audit.inLog(new Place(PARTITION, 0), 1);
    audit.inLog(new Place(PARTITION, 1), 1);

    // When
    RequestTally tally = audit.tally();

    // Then
    assertThat(tally.acknowledgedLost()).isEqualTo(1);
    assertThat(tally.logTwice()).isEqualTo(1);
    assertThat(tally.right(true)).isFalse();
  }

  /** They stand in the log in this order. */
  private void send(ChaosRequest... requests) {
    for (ChaosRequest each : requests) {
      audit.sent(each);
      audit.acknowledged(each.number());
      audit.inLog(new Place(PARTITION, each.number()), each.number());
    }
  }

  private void answer(ScoreResult result) {
    audit.answered("ada", result);
  }

  private ChaosRequest request(@Nullable Place after) {
    return new ChaosRequest(
        number,
        "request-" + number,
        "ada",
        "general",
        number++,
        List.of("a", "b"),
        after,
        ScoreErrorCode.NONE);
  }

  private ChaosRequest again(ChaosRequest earlier) {
    return new ChaosRequest(
        number,
        "request-" + number++,
        earlier.userId(),
        earlier.domain(),
        earlier.text(),
        earlier.candidates(),
        null,
        ScoreErrorCode.NONE);
  }

  private ChaosRequest refused(ScoreErrorCode code) {
    return new ChaosRequest(
        number, "request-" + number, "ada", "general", number++, List.of(), null, code);
  }

  private ChaosRequest malformed() {
    return new ChaosRequest(
        number, "", "ada", "general", number++, List.of(), null, ScoreErrorCode.MALFORMED);
  }

  private static ScoreResult scored(int number) {
    ScoreResult result = error(number, "request-" + number, ScoreErrorCode.NONE);
    result.setCandidates(List.of(score("a", 1, 1), score("b", -1, 2)));
    result.setVersions(
        ScoreVersions.newBuilder()
            .setBase(BASE)
            .setDomainModel("general")
            .setDomainModelVersion(1)
            .build());
    return result;
  }

  private static CandidateScore score(String id, double reward, int rank) {
    return CandidateScore.newBuilder()
        .setId(id)
        .setReward(reward)
        .setDomainReward(reward)
        .setRank(rank)
        .build();
  }

  private static ScoreResult rewarded(ScoreResult result, double first) {
    result.getCandidates().get(0).setReward(first);
    result.getCandidates().get(0).setDomainReward(first);
    return result;
  }

  private static ScoreResult error(long offset, String requestId, ScoreErrorCode code) {
    return ScoreResult.newBuilder()
        .setRequestId(requestId)
        .setUserId("ada")
        .setDomain("general")
        .setCandidates(List.of())
        .setBestPreferred(List.of())
        .setTimings(new ScoreTimings(1.0, 1.0))
        .setError(code)
        .setSource(new Position(Topics.PROMPTS.name(), PARTITION, offset))
        .build();
  }
}
