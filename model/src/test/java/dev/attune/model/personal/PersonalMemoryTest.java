package dev.attune.model.personal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.sun.jna.Platform;
import dev.attune.model.engine.NativeHeap;
import java.util.List;
import org.junit.jupiter.api.Test;

class PersonalMemoryTest extends PersonalTestBase {
  private static final int STEPS = 1000;
  private static final int WARM_UP = 200;

  /** A batch that stays holds ten times as much; what comes and goes by itself is half of it. */
  private static final long MOST_A_STEP = 2000;

  @Test
  void shouldNotGrowOverManySteps() {
    assumeThat(Platform.isLinux()).as("mallinfo2 is glibc's").isTrue();
    // Given
    PersonalConfig config = config(UserModelConfig.individual());
    UserRowTable rows = new UserRowTable();
    try (PersonalLearner learner = PersonalLearner.start(base, config, rows)) {
      List<PersonalExample> examples =
          examples(learner.encode(candidates(4, 1)), List.of("long", "short"));
      run(learner, rows, examples, WARM_UP);
      long before = NativeHeap.heldBytes();

      // When
      run(learner, rows, examples, STEPS);

      // Then
      assertThat((NativeHeap.heldBytes() - before) / STEPS).isLessThan(MOST_A_STEP);
    }
  }

  /** A step on each example in turn, and now and then what happens beside it. */
  private static void run(
      PersonalLearner learner, UserRowTable rows, List<PersonalExample> examples, int steps) {
    for (int i = 0; i < steps; i++) {
      PersonalExample example = examples.get(i % examples.size());
      learner.step(List.of(example));
      if (i % 100 == 0) {
        try (PersonalModel model = new PersonalModel(base, learner.weights());
            RowLearner stream = new RowLearner(model, rows)) {
          stream.learn(List.of(example));
          stream.gradients(List.of(example));
          model.score(rows, new PersonalItem("long", null, example.replies()));
        }
      }
    }
  }
}
