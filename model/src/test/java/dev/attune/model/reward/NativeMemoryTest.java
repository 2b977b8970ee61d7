package dev.attune.model.reward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.sun.jna.Platform;
import dev.attune.model.engine.NativeHeap;
import dev.attune.model.engine.Precision;
import dev.attune.model.lm.BaseModel;
import dev.attune.model.lm.Progress;
import dev.attune.model.lm.Stage1;
import dev.attune.model.lm.Stage1Config;
import dev.attune.model.lm.TinyBase;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class NativeMemoryTest extends RewardTestBase {
  /** One layer: what could leak is the same in each. */
  private static final Stage1Config SMALL =
      new Stage1Config(320, 16, 32, 1, 1, 128, 32, 4, 2, 0.02, 3e-3, 1);

  private static final int STEPS = 10_000;
  private static final int WARM_UP = 500;

  /** One leaked tensor a step, however small, would hold some 400 bytes with what describes it. */
  private static final long MOST_A_STEP = 100;

  @Test
  void shouldNotGrowOverTenThousandSteps() {
    assumeThat(Platform.isLinux()).as("mallinfo2 is glibc's").isTrue();
    // Given
    OnlineConfig config = config(1, 0, 0.5, 1);
    List<PreferenceExample> few = golden(8, 1);
    Path small = folder.resolve("small");
    Stage1.train(TinyBase.dialogues(200, 1), SMALL, Precision.FP32, small, Progress.NONE);
    try (BaseModel oneLayer = BaseModel.load(small, Precision.FP32);
        OnlineRewardLearner learner = OnlineRewardLearner.general(oneLayer, config);
        RewardScorer scorer = new RewardScorer(oneLayer)) {
      run(learner, scorer, few, WARM_UP);
      long before = NativeHeap.heldBytes();

      // When
      run(learner, scorer, few, STEPS);

      // Then
      assertThat(learner.counts().steps()).isEqualTo(WARM_UP + STEPS);
      assertThat((NativeHeap.heldBytes() - before) / STEPS).isLessThan(MOST_A_STEP);
    }
  }

  /** A step on each event in turn, and now and then what happens beside it. */
  private static void run(
      OnlineRewardLearner learner, RewardScorer scorer, List<PreferenceExample> few, int steps) {
    for (int i = 0; i < steps; i++) {
      learner.accept("helpful", List.of(few.get(i % few.size())));
      if (i % 100 == 0) {
        try (ResidentModel model = scorer.load(learner.weights())) {
          PreferenceExample one = few.get(i % few.size());
          scorer.score(List.of(new ScoreItem(one.prompt(), one.replies(), model, "helpful")));
        }
      }
    }
  }
}
