package dev.attune.scorer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.within;

import dev.attune.model.engine.Precision;
import dev.attune.model.lm.BaseModel;
import dev.attune.model.reward.OnlineConfig;
import dev.attune.model.reward.RewardWeights;
import dev.attune.schemas.events.ScoreRequest;
import dev.attune.scorer.core.ModelRejectedException;
import dev.attune.scorer.core.ModelRejectedException.Reason;
import dev.attune.scorer.core.Requests;
import dev.attune.scorer.core.RewardFunction.LoadedModel;
import dev.attune.scorer.core.RewardFunction.Task;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BaseModelRewardsTest {
  @TempDir static Path dir;
  private static BaseModel base;
  private static byte[] trained;

  @BeforeAll
  static void train() {
    base = TinyBase.make(dir.resolve("base"));
    trained = TinyBase.train(base);
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
    try (BaseModelRewards rewards = new BaseModelRewards(base, false);
        LoadedModel model = rewards.load(trained)) {
      List<double[]> alone = rewards.rewards(List.of(new Task(one, model, "pooled")));

      // When
      List<double[]> together =
          rewards.rewards(
              List.of(
                  new Task(other, model, "pooled"),
                  new Task(one, model, "pooled"),
                  new Task(one, null, "pooled")));

      // Then
      assertThat(alone.get(0)[0]).isNotEqualTo(alone.get(0)[1]);
      assertThat(together.get(1)).containsExactly(alone.get(0), within(1e-5));
      assertThat(together.get(2)).containsExactly(0, 0);
    }
  }

  @Test
  void shouldCountThePromptOnce() {
    // Given
    try (BaseModelRewards rewards = new BaseModelRewards(base, false)) {
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
    try (BaseModelRewards rewards = new BaseModelRewards(base, false)) {
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
    try (BaseModelRewards rewards = new BaseModelRewards(base, false)) {
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
    try (BaseModelRewards rewards = new BaseModelRewards(base, false)) {
      // When
      rewards.warmUp();

      // Then
      assertThat(rewards.base()).isEqualTo(base.sha256());
    }
  }
}
