package dev.attune.model.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.attune.model.engine.Precision;
import dev.attune.model.lm.BaseModel;
import dev.attune.model.lm.TinyBase;
import dev.attune.model.personal.RowGradient;
import dev.attune.model.policy.ResidentPolicy.RowEvent;
import dev.attune.model.reward.PreferenceExample;
import dev.attune.model.reward.PreferenceExample.Judgement;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ResidentPolicyTest {
  private static final PolicyConfig CONFIG = PolicyLearnerTest.config(PolicyLearnerTest.rows());

  private static BaseModel base;
  private static Policy policy;
  private static ResidentPolicy resident;

  private final LengthUsers users = new LengthUsers(5);

  @BeforeAll
  static void load(@TempDir Path folder) {
    base = BaseModel.load(TinyBase.write(folder, 1), Precision.FP32);
    Policy start = PolicyStart.of(base, CONFIG);
    RowTraining.Trained rows =
        new RowTraining(base, CONFIG).train(start, new LengthUsers(1).events(6, 4), () -> true);
    policy =
        new Policy(
            2,
            start.base(),
            start.promptTokens(),
            start.replyTokens(),
            start.basis(),
            start.prior(),
            rows.weights(),
            rows.subspace(),
            List.of());
    resident = new ResidentPolicy(base, policy);
  }

  @AfterAll
  static void close() {
    resident.close();
    base.close();
  }

  @Test
  void shouldTakeTheSlopesOfSeveralUsersInOnePass() {
    // Given
    List<RowEvent> events = new ArrayList<>();
    UserState state = policy.generic();
    for (int i = 0; i < 7; i++) {
      PreferenceExample event = users.event("u", i % 2 == 0).event();
      events.add(new RowEvent(state, i == 3 ? withoutPairs(event) : event));
      state = resident.learn(state, event);
    }

    // When
    List<RowSlopes> together = resident.slopes(events);

    // Then
    assertThat(together).hasSize(events.size());
    for (int i = 0; i < events.size(); i++) {
      RowSlopes alone = resident.slopes(List.of(events.get(i))).get(0);
      assertThat(together.get(i).at()).isEqualTo(events.get(i).state().row());
      assertThat(together.get(i).slopes()).hasSize(i == 3 ? 0 : 1);
      for (int j = 0; j < alone.slopes().size(); j++) {
        RowGradient one = together.get(i).slopes().get(j);
        RowGradient other = alone.slopes().get(j);
        assertThat(one.difference()).isCloseTo(other.difference(), within(1e-5));
        assertThat(one.gradient()).containsExactly(other.gradient(), within(1e-5f));
      }
    }
  }

  @Test
  void shouldLearnFromASlopeOfAnEarlierRowToFirstOrder() {
    // Given
    UserState before = policy.generic();
    PreferenceExample first = users.event("u", true).event();
    PreferenceExample second = users.event("u", true).event();
    RowSlopes early = resident.slopes(List.of(new RowEvent(before, second))).get(0);
    UserState between = resident.learn(before, first);

    // When
    UserState learned = resident.learn(between, second, early);

    // Then
    UserState exact = resident.learn(between, second);
    assertThat(learned.rowEvents()).isEqualTo(2);
    double step = distance(between.row().mean(), exact.row().mean());
    assertThat(step).isPositive();
    assertThat(distance(learned.row().mean(), exact.row().mean())).isLessThan(0.2 * step);
  }

  private static PreferenceExample withoutPairs(PreferenceExample event) {
    return new PreferenceExample(
        event.prompt(),
        event.replies(),
        List.of(),
        List.of(new Judgement(0, true, 1)),
        event.userText());
  }

  private static double distance(float[] one, float[] other) {
    double sum = 0;
    for (int i = 0; i < one.length; i++) {
      sum += (one[i] - other[i]) * (one[i] - other[i]);
    }
    return Math.sqrt(sum);
  }
}
