package dev.attune.model.policy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.model.engine.Precision;
import dev.attune.model.lm.BaseModel;
import dev.attune.model.lm.TinyBase;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RowTrainingTest {
  private static final PolicyConfig CONFIG = PolicyLearnerTest.config(PolicyLearnerTest.rows());

  private static BaseModel base;
  private static Policy start;

  @BeforeAll
  static void load(@TempDir Path folder) {
    base = BaseModel.load(TinyBase.write(folder, 1), Precision.FP32);
    start = PolicyStart.of(base, CONFIG);
  }

  @AfterAll
  static void close() {
    base.close();
  }

  @Test
  void shouldGoOnFromTheEpochBefore() {
    // Given
    LengthUsers users = new LengthUsers(1);
    RowTraining training = new RowTraining(base, CONFIG);
    RowTraining.Trained first = training.train(start, users.events(4, 6), () -> true);
    List<UserEvent> more = users.events(4, 6);

    // When
    RowTraining.Trained second = training.train(epoch(first), more, () -> true);

    // Then
    RowTraining.Trained anew = training.train(start, more, () -> true);
    assertThat(first.subspace().directions()).hasSize(2);
    assertThat(second.subspace().directions()).hasSize(2);
    assertThat(second.weights().toBytes())
        .isNotEqualTo(first.weights().toBytes())
        .isNotEqualTo(anew.weights().toBytes());
  }

  @Test
  void shouldLeaveThePolicyAsItIsWhereThereIsNobodyToTellApart() {
    // Given
    LengthUsers users = new LengthUsers(1);
    RowTraining training = new RowTraining(base, CONFIG);
    Policy trained = epoch(training.train(start, users.events(4, 2), () -> true));

    // When
    RowTraining.Trained again = training.train(trained, users.events(1, 8), () -> true);

    // Then
    assertThat(again.weights()).isSameAs(trained.weights());
    assertThat(again.subspace()).isSameAs(trained.rows());
  }

  private static Policy epoch(RowTraining.Trained rows) {
    return second(start, rows);
  }

  /** The epoch after the first, of the same heads. */
  static Policy second(Policy start, RowTraining.Trained rows) {
    return new Policy(
        2,
        start.base(),
        start.promptTokens(),
        start.replyTokens(),
        start.basis(),
        start.prior(),
        rows.weights(),
        rows.subspace(),
        List.of());
  }
}
