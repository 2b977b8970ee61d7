package dev.attune.scorer.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.assertj.core.api.Assertions.within;

import dev.attune.model.head.Calibration;
import dev.attune.model.head.GaussianWeights;
import dev.attune.model.policy.UserState;
import dev.attune.schemas.events.CandidateScore;
import dev.attune.schemas.events.Position;
import dev.attune.schemas.events.RewardComponents;
import dev.attune.schemas.events.ScoreErrorCode;
import dev.attune.schemas.events.ScoreRequest;
import dev.attune.schemas.events.ScoreResult;
import dev.attune.schemas.events.ScoreVersions;
import dev.attune.schemas.events.UserEmbedding;
import dev.attune.scorer.core.FakeRewards.FakePolicy;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class BatchScorerTest {
  private final FakeRewards rewards = new FakeRewards();
  private final ModelDirectory models = new ModelDirectory();
  private final Map<String, KnownUser> users = new HashMap<>();
  private final BatchScorer scorer =
      new BatchScorer(
          rewards,
          models,
          (userId, epoch) -> users.get(userId),
          RowDomains.parse("legal, health"),
          InstantSource.fixed(Requests.APPENDED.plusMillis(1_500)));

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

  @Test
  void shouldAddWhatTheUserLikes() {
    // Given
    models.publish("policy", 1, new FakePolicy(Policies.first(), false));
    models.publish("calibration/legal", 6, calibration(0.5, 2, 0));
    users.put("u", known(3, 17));
    ScoreRequest request = Requests.of("r", "az", "abc").setDomain("legal").build();

    // When
    ScoreResult result = scorer.score(List.of(Requests.prompt(0, 0, request))).get(0);

    // Then: r_d = 4 and 6, r_h = 3 and 0, their variance 0.5 |x|^2
    CandidateScore first = result.getCandidates().get(0);
    assertThat(first.getDomainReward()).isEqualTo(2);
    assertThat(first.getPersonalReward()).isEqualTo(6);
    assertThat(first.getReward()).isEqualTo(8);
    assertThat(first.getRank()).isEqualTo(1);
    assertThat(first.getFeatures()).containsExactly(2f, 1f, 1f);
    assertThat(first.getStandardDeviation()).isCloseTo(2 * Math.sqrt(3), within(1e-6));
    assertThat(first.getComponents().getDomain()).isEqualTo(4);
    assertThat(first.getComponents().getHead()).isEqualTo(3);
    assertThat(first.getComponents().getHeadVariance()).isCloseTo(3, within(1e-6));
    assertThat(result.getCandidates().get(1).getReward()).isEqualTo(3);
    assertThat(result.getVersions().getPolicy()).isEqualTo(1);
    assertThat(result.getVersions().getCalibration()).isEqualTo(6);
    assertThat(result.getVersions().getUserRow()).isEqualTo(2);
    assertThat(result.getIncluded().getOffset()).isEqualTo(17);
    assertThat(result.getRowIncluded().getOffset()).isEqualTo(16);
  }

  @Test
  void shouldGiveAUserWithoutAStateTheGenericUsersRewards() {
    // Given
    models.publish("policy", 1, new FakePolicy(Policies.first(), false));
    users.put("known", known(3, 17));
    List<Prompt> batch =
        Stream.of("new", "other", "known")
            .map(user -> Requests.of(user, "az", "abc").setUserId(user).build())
            .map(request -> Requests.prompt(0, 0, request))
            .toList();

    // When
    List<ScoreResult> results = scorer.score(batch);

    // Then
    assertThat(results.get(0).getCandidates()).isEqualTo(results.get(1).getCandidates());
    assertThat(results.get(0).getCandidates()).isNotEqualTo(results.get(2).getCandidates());
    assertThat(results.get(0).getCandidates())
        .extracting(CandidateScore::getPersonalReward)
        .containsExactly(0.0, 0.0);
    assertThat(results.get(0).getIncluded()).isNull();
    assertThat(results.get(0).getVersions().getUserRow()).isNull();
  }

  @Test
  void shouldComputeThePersonalPolicyOnlyWhereTheDomainHasIt() {
    // Given
    models.publish("policy", 1, new FakePolicy(Policies.first(), true));
    models.publish("calibration/legal", 1, calibration(1, 1, 0.5));
    List<Prompt> batch =
        Stream.of("legal", "travel")
            .map(domain -> Requests.of(domain, "abc").setDomain(domain).build())
            .map(request -> Requests.prompt(0, 0, request))
            .toList();

    // When
    List<ScoreResult> results = scorer.score(batch);

    // Then
    CandidateScore with = results.get(0).getCandidates().get(0);
    assertThat(with.getComponents().getRow()).isEqualTo(3 * FakeRewards.ROW);
    assertThat(with.getPersonalReward()).isEqualTo(3 * FakeRewards.ROW / 2);
    assertThat(results.get(1).getCandidates().get(0).getComponents().getRow()).isNull();
  }

  @Test
  void shouldCarryAStateToThePolicyThatIsServed() {
    // Given
    models.publish("policy", 2, new FakePolicy(Policies.second(), false));
    users.put("u", known(3, 17));

    // When
    ScoreResult result =
        scorer.score(List.of(Requests.prompt(0, 0, Requests.of("r", "az").build()))).get(0);

    // Then: the likings are the same in the other coordinates
    assertThat(result.getVersions().getPolicy()).isEqualTo(2);
    assertThat(result.getCandidates().get(0).getComponents().getHead()).isCloseTo(3, within(1e-2));
  }

  @Test
  void shouldTakeAStateThatDoesNotFitThePolicyForNone() {
    // Given
    models.publish("policy", 1, new FakePolicy(Policies.first(), false));
    UserState wide = new UserState(1, GaussianWeights.independent(7, 1), 5, null, 0);
    users.put("u", new KnownUser(wide, null, null, List.of()));

    // When
    ScoreResult result =
        scorer.score(List.of(Requests.prompt(0, 0, Requests.of("r", "az").build()))).get(0);

    // Then
    assertThat(result.getError()).isEqualTo(ScoreErrorCode.NONE);
    assertThat(result.getCandidates().get(0).getPersonalReward()).isZero();
    assertThat(result.getVersions().getUserRow()).isNull();
  }

  private static KnownUser known(double z, long offset) {
    UserEmbedding user = Policies.user("u", 1, z, offset);
    UserState state =
        UserState.restore(
            1, user.getHeadMean(), user.getHeadCovariance(), 3, List.of(), List.of(), 2);
    return new KnownUser(state, user.getIncluded(), user.getRowIncluded(), List.of());
  }

  private static LoadedCalibration calibration(double a, double b, double c) {
    double[][] covariance = {{0.1, 0, 0}, {0, 0.1, 0}, {0, 0, 0.1}};
    return new LoadedCalibration(
        new Calibration(GaussianWeights.of(new double[] {a, b, c}, covariance), 1));
  }

  private static CandidateScore score(String id, double reward, int rank) {
    return CandidateScore.newBuilder()
        .setId(id)
        .setReward(reward)
        .setDomainReward(reward)
        .setComponents(new RewardComponents(reward, null, null, null))
        .setRank(rank)
        .build();
  }
}
