package dev.attune.scorer.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.attune.schemas.events.CandidateScore;
import dev.attune.schemas.events.Position;
import dev.attune.schemas.events.ScoreErrorCode;
import dev.attune.schemas.events.ScoreRequest;
import dev.attune.schemas.events.ScoreResult;
import dev.attune.schemas.events.ScoreVersions;
import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class BatchScorerTest {
  private final FakeRewards rewards = new FakeRewards();
  private final ModelDirectory models = new ModelDirectory();
  private final BatchScorer scorer =
      new BatchScorer(rewards, models, InstantSource.fixed(Requests.APPENDED.plusMillis(1_500)));

  @BeforeEach
  void publish() throws Exception {
    models.publish("general", 4, rewards.load(FakeRewards.weights(0.5, "helpful")));
    models.publish("domain/legal", 9, rewards.load(FakeRewards.weights(2)));
  }

  @Test
  void shouldAnswerWithRewardsRanksProbabilitiesAndProvenance() {
    // Given
    ScoreRequest request = Requests.of("r1", "a", "abc", "abc").setDomain("legal").build();

    // When
    List<ScoreResult> results = scorer.score(List.of(Requests.prompt(3, 42, request)));

    // Then
    assertThat(results).hasSize(1);
    ScoreResult result = results.get(0);
    assertThat(result.getError()).isEqualTo(ScoreErrorCode.NONE);
    assertThat(result.getRequestId()).isEqualTo("r1");
    assertThat(result.getUserId()).isEqualTo("u");
    assertThat(result.getDomain()).isEqualTo("legal");
    assertThat(result.getCandidates())
        .containsExactly(score("c0", 2, 3), score("c1", 6, 1), score("c2", 6, 1));
    assertThat(result.getBestPreferred()).containsExactly(1 / (1 + Math.exp(-4)), 0.5, 0.5);
    assertThat(result.getVersions())
        .isEqualTo(
            ScoreVersions.newBuilder()
                .setBase(FakeRewards.BASE)
                .setDomainModel("domain/legal")
                .setDomainModelVersion(9)
                .build());
    assertThat(result.getTimings().getQueued()).isEqualTo(1_500);
    assertThat(result.getTimings().getComputed()).isNotNegative();
    assertThat(result.getSource()).isEqualTo(new Position("attune.prompts", 3, 42L));
    assertThat(result.getIncluded()).isNull();
  }

  @Test
  void shouldUseTheSourcesHeadOfTheGeneralModel() {
    // Given
    ScoreRequest request = Requests.of("r", "ab").setDomain("general.helpful").build();

    // When
    ScoreResult result = scorer.score(List.of(Requests.prompt(0, 0, request))).get(0);

    // Then
    assertThat(result.getCandidates().get(0).getReward()).isEqualTo(-1);
    assertThat(result.getVersions().getDomainModel()).isEqualTo("general");
    assertThat(result.getVersions().getHead()).isEqualTo("helpful");
  }

  @Test
  void shouldAnswerEachRecordOfABatchInItsPlace() {
    // Given
    Rejection malformed = new Rejection(ScoreErrorCode.MALFORMED, "NOT_AVRO_FRAME");
    ScoreRequest late =
        Requests.of("late", "a").setDeadline(Requests.APPENDED.plusMillis(1_499)).build();
    List<Prompt> batch =
        List.of(
            new Prompt(0, 0, "key", Requests.APPENDED, null, malformed, 0),
            Requests.prompt(0, 1, Requests.of("fine", "a").build()),
            Requests.prompt(0, 2, late),
            Requests.prompt(0, 3, Requests.of("nan", "a", "NaN").build()));

    // When
    List<ScoreResult> results = scorer.score(batch);

    // Then
    assertThat(results)
        .extracting(ScoreResult::getRequestId, ScoreResult::getUserId, ScoreResult::getError)
        .containsExactly(
            tuple("", "key", ScoreErrorCode.MALFORMED),
            tuple("fine", "u", ScoreErrorCode.NONE),
            tuple("late", "u", ScoreErrorCode.DEADLINE_PASSED),
            tuple("nan", "u", ScoreErrorCode.INTERNAL));
    assertThat(results.get(3).getCandidates()).isEmpty();
    assertThat(rewards.batches).containsExactly(2);
  }

  @Test
  void shouldNotLetOneRequestTakeTheOthersAlong() {
    // Given
    List<Prompt> batch =
        List.of(
            Requests.prompt(0, 0, Requests.of("a", "a").build()),
            Requests.prompt(0, 1, Requests.of("b", "throw").build()),
            Requests.prompt(0, 2, Requests.of("c", "abc").build()));

    // When
    List<ScoreResult> results = scorer.score(batch);

    // Then
    assertThat(results)
        .extracting(ScoreResult::getError)
        .containsExactly(ScoreErrorCode.NONE, ScoreErrorCode.INTERNAL, ScoreErrorCode.NONE);
  }

  @Test
  void shouldRepeatOverlongIdentifiersOnlyInPart() {
    // Given
    ScoreRequest request = Requests.of("r".repeat(5_000), "a").build();
    Rejection tooLong = new Rejection(ScoreErrorCode.TOO_LONG, "too long");
    Prompt prompt = new Prompt(0, 0, "u", Requests.APPENDED, request, tooLong, 0);

    // When
    ScoreResult result = scorer.score(List.of(prompt)).get(0);

    // Then
    assertThat(result.getRequestId()).hasSize(RequestLimits.IDENTIFIER);
    assertThat(result.getError()).isEqualTo(ScoreErrorCode.TOO_LONG);
  }

  private static CandidateScore score(String id, double reward, int rank) {
    return CandidateScore.newBuilder()
        .setId(id)
        .setReward(reward)
        .setDomainReward(reward)
        .setRank(rank)
        .build();
  }
}
