package dev.attune.model.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.attune.model.adapter.LoraConfig;
import dev.attune.model.engine.Precision;
import dev.attune.model.head.BasisLearner;
import dev.attune.model.head.PopulationPrior;
import dev.attune.model.lm.BaseModel;
import dev.attune.model.lm.TinyBase;
import dev.attune.model.personal.PersonalConfig;
import dev.attune.model.reward.PreferenceExample;
import dev.attune.model.reward.PreferenceExample.Pair;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PolicyLearnerTest {
  private static BaseModel base;

  @BeforeAll
  static void load(@TempDir Path folder) {
    base = BaseModel.load(TinyBase.write(folder, 1), Precision.FP32);
  }

  @AfterAll
  static void close() {
    base.close();
  }

  static PolicyConfig config(@Nullable PersonalConfig rows) {
    return config(new BasisLearner(3, 4, 10, 50), rows);
  }

  static PolicyConfig config(BasisLearner basis, @Nullable PersonalConfig rows) {
    return new PolicyConfig(basis, new PopulationPrior(1, 4, 4, 10), 24, 32, rows, 6, 2);
  }

  static PersonalConfig rows() {
    PersonalConfig defaults = PersonalConfig.defaults();
    return new PersonalConfig(
        defaults.users(),
        defaults.loss(),
        LoraConfig.everywhere(2, 4),
        defaults.optimizer(),
        24,
        32,
        8192,
        1);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void shouldPredictUsersBetterThanTheEpochBefore(long seed) {
    // Given
    PolicyLearner learner = new PolicyLearner(base, config(null));
    List<UserEvent> events = new LengthUsers(seed).events(24, 3);

    // When
    PolicyLearner.Epoch epoch = learner.next(learner.start(), events, () -> true);

    // Then
    assertThat(epoch.policy()).isPresent();
    assertThat(epoch.tested()).isEqualTo(18);
    assertThat(epoch.after()).isLessThan(epoch.before() - 0.01);
    assertThat(epoch.policy().get().epoch()).isEqualTo(2);
    assertThat(epoch.policy().get().changes()).hasSize(1);
  }

  @Test
  void shouldBeTheSameWhateverWasLearnedBefore() {
    // Given
    PolicyConfig config = config(rows());
    List<UserEvent> events = new LengthUsers(1).events(18, 2);
    PolicyLearner used = new PolicyLearner(base, config);
    Policy start = used.start();
    used.next(start, events.subList(0, 20), () -> true);

    // When
    Policy again = used.next(start, events, () -> true).policy().orElseThrow();

    // Then
    Policy fresh =
        new PolicyLearner(base, config).next(start, events, () -> true).policy().orElseThrow();
    assertThat(again.toBytes()).isEqualTo(fresh.toBytes());
  }

  @Test
  void shouldKeepTheEpochBeforeWhereTheNewestEventsContradictTheOlder() {
    // Given
    LengthUsers users = new LengthUsers(1);
    List<UserEvent> events = new ArrayList<>();
    for (int i = 0; i < 72; i++) {
      events.add(users.event("user-" + i, i < 54));
    }
    PolicyLearner learner = new PolicyLearner(base, config(null));

    // When
    PolicyLearner.Epoch epoch = learner.next(learner.start(), events, () -> true);

    // Then
    assertThat(epoch.policy()).isEmpty();
    assertThat(epoch.after()).isGreaterThan(epoch.before());
  }

  @Test
  void shouldRefuseNothingToLearnFrom() {
    // Given
    UserEvent event = new LengthUsers(1).event("a", true);
    UserEvent tie =
        new UserEvent(
            "a",
            new PreferenceExample(
                event.event().prompt(),
                event.event().replies(),
                List.of(new Pair(0, 1, 1, 0, true)),
                null),
            event.served());
    PolicyLearner learner = new PolicyLearner(base, config(null));

    // When
    PolicyLearner.Epoch epoch = learner.next(learner.start(), List.of(tie, tie), () -> true);

    // Then
    assertThat(epoch.policy()).isEmpty();
  }

  @Test
  void shouldEndWhereItIsNotWantedAnyMore() {
    // Given
    PolicyLearner learner = new PolicyLearner(base, config(null));
    Policy start = learner.start();
    List<UserEvent> events = new LengthUsers(1).events(2, 2);

    // When
    assertThatThrownBy(() -> learner.next(start, events, () -> false))
        // Then
        .isInstanceOf(CancellationException.class);
  }
}
