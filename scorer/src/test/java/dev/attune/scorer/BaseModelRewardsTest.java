package dev.attune.scorer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.within;

import dev.attune.model.engine.Precision;
import dev.attune.model.lm.BaseModel;
import dev.attune.model.policy.Policy;
import dev.attune.model.policy.UserState;
import dev.attune.model.reward.OnlineConfig;
import dev.attune.model.reward.RewardWeights;
import dev.attune.schemas.events.ScoreRequest;
import dev.attune.scorer.core.GenerationConfig;
import dev.attune.scorer.core.ModelRejectedException;
import dev.attune.scorer.core.ModelRejectedException.Reason;
import dev.attune.scorer.core.Policies;
import dev.attune.scorer.core.Requests;
import dev.attune.scorer.core.RewardFunction.Draft;
import dev.attune.scorer.core.RewardFunction.GeneratedReply;
import dev.attune.scorer.core.RewardFunction.LoadedModel;
import dev.attune.scorer.core.RewardFunction.LoadedPolicy;
import dev.attune.scorer.core.RewardFunction.Parts;
import dev.attune.scorer.core.RewardFunction.Task;
import dev.attune.scorer.metrics.ScorerMetrics;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BaseModelRewardsTest {
  private static final ScorerConfig.Caches CACHES = new ScorerConfig.Caches(1 << 20, 1_000);
  private static final ScorerConfig.Caches NO_CACHES = new ScorerConfig.Caches(0, 0);
  private static final GenerationConfig GENERATION = new GenerationConfig(20, 1, 1);
  private static final ScorerMetrics METRICS = new ScorerMetrics(new SimpleMeterRegistry());

  @TempDir static Path dir;
  private static BaseModel base;
  private static byte[] trained;
  private static Policy personal;

  @BeforeAll
  static void train() {
    base = TinyBase.make(dir.resolve("base"));
    trained = TinyBase.train(base);
    personal = TinyBase.policy(base);
  }

  @AfterAll
  static void close() {
    base.close();
  }

  @Test
  void shouldGiveTheSameRewardsWhateverElseIsInTheBatch() throws Exception {
    // Given
    ScoreRequest one = Requests.of("1", "Because.", "It scatters blue light.").build();
    ScoreRequest other = Requests.of("2", "Blue ".repeat(50), "no").build();
    try (BaseModelRewards rewards = new BaseModelRewards(base, false, NO_CACHES, METRICS);
        LoadedModel model = rewards.load(trained);
        LoadedPolicy policy = rewards.loadPolicy(personal.toBytes())) {
      UserState generic = policy.policy().generic();
      UserState user = TinyBase.someone(policy.policy());
      Parts alone = rewards.parts(List.of(new Task(one, model, "pooled", policy, generic))).get(0);

      // When
      List<Parts> together =
          rewards.parts(
              List.of(
                  new Task(other, model, "pooled", policy, user),
                  new Task(one, model, "pooled", policy, generic),
                  new Task(one, null, "pooled", policy, user),
                  new Task(one, model, "pooled", policy, generic)));

      // Then
      Parts again = together.get(1);
      assertThat(alone.domain()[0]).isNotEqualTo(alone.domain()[1]);
      assertThat(again.domain()).containsExactly(alone.domain(), within(1e-5));
      assertThat(again.row()).containsExactly(alone.row(), within(1e-5));
      for (int i = 0; i < 2; i++) {
        assertThat(again.coordinates()[i]).containsExactly(alone.coordinates()[i], within(1e-5f));
      }
      assertThat(together.get(2).domain()).containsExactly(0, 0);
      assertThat(together.get(2).row()[0]).isNotCloseTo(alone.row()[0], within(1e-3));
      assertThat(together.get(3)).usingRecursiveComparison().isEqualTo(again);
    }
  }

  @Test
  void shouldPassOnlyOnceForTextsThatRepeat() throws Exception {
    // Given
    ScoreRequest one = Requests.of("1", "Because.", "It scatters blue light.").build();
    ScoreRequest two = Requests.of("2", "It scatters blue light.", "New.").build();
    SimpleMeterRegistry meters = new SimpleMeterRegistry();
    try (BaseModelRewards rewards =
            new BaseModelRewards(base, false, CACHES, new ScorerMetrics(meters));
        LoadedModel model = rewards.load(trained);
        LoadedPolicy policy = rewards.loadPolicy(personal.toBytes())) {
      Parts first = rewards.parts(List.of(new Task(one, model, "pooled", policy, null))).get(0);

      // When
      Parts second = rewards.parts(List.of(new Task(two, model, "pooled", policy, null))).get(0);

      // Then
      assertThat(second.domain()[0]).isEqualTo(first.domain()[1]);
      assertThat(second.coordinates()[0]).isEqualTo(first.coordinates()[1]);
      assertThat(lookups(meters, "rewards", "hit")).isEqualTo(1);
      assertThat(lookups(meters, "rewards", "miss")).isEqualTo(3);
      assertThat(lookups(meters, "features", "hit")).isEqualTo(1);
    }
  }

  @Test
  void shouldNotTakeOneModelsOrHeadsRewardForAnothers() throws Exception {
    // Given
    ScoreRequest request = Requests.of("1", "Because.", "It scatters blue light.").build();
    try (BaseModelRewards rewards = rewards();
        LoadedModel model = rewards.load(trained);
        LoadedModel other = rewards.load(TinyBase.train(base, 40))) {
      List<Parts> first = rewards.parts(List.of(new Task(request, model, "pooled", null, null)));

      // When
      List<Parts> second = rewards.parts(List.of(new Task(request, other, "pooled", null, null)));

      // Then
      assertThat(second.get(0).domain()).isNotEqualTo(first.get(0).domain());
      assertThat(second.get(0).coordinates()).isNull();
      assertThat(second.get(0).row()).isNull();
    }
  }

  @Test
  void shouldForgetTheRewardsOfAModelThatIsFreed() throws Exception {
    // Given
    ScoreRequest request = Requests.of("1", "Because.").build();
    SimpleMeterRegistry meters = new SimpleMeterRegistry();
    try (BaseModelRewards rewards =
        new BaseModelRewards(base, false, CACHES, new ScorerMetrics(meters))) {
      LoadedModel freed = rewards.load(trained);
      List<Parts> unused = rewards.parts(List.of(new Task(request, freed, "pooled", null, null)));
      freed.close();

      // When
      try (LoadedModel again = rewards.load(trained)) {
        List<Parts> computed =
            rewards.parts(List.of(new Task(request, again, "pooled", null, null)));

        // Then
        assertThat(computed).hasSize(1);
        assertThat(lookups(meters, "rewards", "miss")).isEqualTo(2);
      }
    }
  }

  @Test
  void shouldRefuseBytesThatAreNoPolicyOfThisBase() {
    // Given
    byte[] other = Policies.first().toBytes();
    try (BaseModelRewards rewards = rewards()) {
      // When
      ModelRejectedException rejection =
          catchThrowableOfType(ModelRejectedException.class, () -> rewards.loadPolicy(other));

      // Then
      assertThat(rejection.reason()).isEqualTo(Reason.BASE);
      assertThat(
              catchThrowableOfType(
                      ModelRejectedException.class, () -> rewards.loadPolicy(new byte[] {1}))
                  .reason())
          .isEqualTo(Reason.WEIGHTS);
    }
  }

  @Test
  void shouldWriteTheSameRepliesWhateverElseIsInTheBatch() throws Exception {
    // Given
    ScoreRequest request = Requests.of("1").build();
    try (BaseModelRewards rewards = rewards();
        LoadedPolicy policy = rewards.loadPolicy(personal.toBytes())) {
      Draft one = new Draft(request, policy, policy.policy().generic(), List.of(1L, 2L));
      Draft other = new Draft(request, policy, TinyBase.someone(policy.policy()), List.of(3L));
      List<GeneratedReply> alone = rewards.generate(List.of(one), GENERATION).get(0);

      // When
      List<List<GeneratedReply>> together = rewards.generate(List.of(other, one), GENERATION);

      // Then
      assertThat(together.get(0)).hasSize(1);
      assertThat(together.get(1)).isEqualTo(alone);
      assertThat(alone.get(0)).isNotEqualTo(alone.get(1));
      assertThat(alone).allSatisfy(each -> assertThat(each.tokens()).isBetween(1, 20));
    }
  }

  @Test
  void shouldWriteWithTheBaseUntilThereIsAPolicy() {
    // Given
    Draft draft = new Draft(Requests.of("1").build(), null, null, List.of(1L, 2L, 1L));
    try (BaseModelRewards rewards = rewards()) {
      // When
      List<GeneratedReply> replies = rewards.generate(List.of(draft), GENERATION).get(0);

      // Then
      assertThat(replies).hasSize(3);
      assertThat(replies.get(2)).isEqualTo(replies.get(0)).isNotEqualTo(replies.get(1));
    }
  }

  /** Samples of π_u are likelier under π_u than under π_v by KL(π_u, π_v) in the mean. */
  @Test
  void shouldWriteWhatTheUsersRowPrefers() throws Exception {
    // Given
    List<Long> seeds = LongStream.range(0, 64).boxed().toList();
    try (BaseModelRewards rewards = rewards();
        LoadedPolicy policy = rewards.loadPolicy(personal.toBytes())) {
      UserState user = TinyBase.someone(policy.policy());
      UserState generic = policy.policy().generic();
      ScoreRequest request = Requests.of("1").build();

      // When
      List<List<GeneratedReply>> written =
          rewards.generate(
              List.of(
                  new Draft(request, policy, user, seeds),
                  new Draft(request, policy, generic, seeds)),
              GENERATION);

      // Then
      assertThat(lead(rewards, policy, user, generic, written.get(0)))
          .isGreaterThan(lead(rewards, policy, user, generic, written.get(1)) + 0.01);
    }
  }

  /** By how much more one state likes replies than another does, in the mean. */
  private static double lead(
      BaseModelRewards rewards,
      LoadedPolicy policy,
      UserState one,
      UserState other,
      List<GeneratedReply> replies) {
    ScoreRequest request =
        Requests.of("1", replies.stream().map(GeneratedReply::text).toArray(String[]::new)).build();
    List<Parts> parts =
        rewards.parts(
            List.of(
                new Task(request, null, "pooled", policy, one),
                new Task(request, null, "pooled", policy, other)));
    return Arrays.stream(parts.get(0).row()).average().orElseThrow()
        - Arrays.stream(parts.get(1).row()).average().orElseThrow();
  }

  @Test
  void shouldCountThePromptOnce() {
    // Given
    try (BaseModelRewards rewards = rewards()) {
      int one = rewards.tokens(Requests.of("r", "Because.").build());

      // When
      int two = rewards.tokens(Requests.of("r", "Because.", "Because.").build());

      // Then
      int reply = two - one;
      assertThat(reply).isPositive();
      assertThat(one).isGreaterThan(reply);
    }
  }

  @Test
  void shouldRefuseBytesThatAreNoModel() {
    // Given
    try (BaseModelRewards rewards = rewards()) {
      // When
      ModelRejectedException rejection =
          catchThrowableOfType(
              ModelRejectedException.class, () -> rewards.load(new byte[] {1, 2, 3}));

      // Then
      assertThat(rejection.reason()).isEqualTo(Reason.WEIGHTS);
    }
  }

  @Test
  void shouldRefuseAnotherPrecision() {
    // Given
    byte[] other;
    try (BaseModel bf16 = BaseModel.load(dir.resolve("base"), Precision.BF16)) {
      other = RewardWeights.untrained(bf16, OnlineConfig.defaults()).toBytes();
    }
    try (BaseModelRewards rewards = rewards()) {
      // When
      ModelRejectedException rejection =
          catchThrowableOfType(ModelRejectedException.class, () -> rewards.load(other));

      // Then
      assertThat(rejection.reason()).isEqualTo(Reason.PRECISION);
    }
  }

  @Test
  void shouldWarmUp() {
    // Given
    try (BaseModelRewards rewards = rewards()) {
      // When
      rewards.warmUp();

      // Then
      assertThat(rewards.base()).isEqualTo(base.sha256());
    }
  }

  private static BaseModelRewards rewards() {
    return new BaseModelRewards(base, false, CACHES, METRICS);
  }

  private static double lookups(SimpleMeterRegistry meters, String cache, String outcome) {
    return meters
        .get("attune.scorer.cache.lookups")
        .tag("cache", cache)
        .tag("outcome", outcome)
        .counter()
        .count();
  }
}
