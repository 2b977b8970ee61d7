package dev.attune.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.attune.model.engine.Precision;
import dev.attune.model.io.ModelConfig;
import dev.attune.model.reference.ReferenceAdamW.Settings;
import org.junit.jupiter.api.Test;

/** What is compared computes the same. */
class SidesTest {
  private static final Settings SETTINGS = new Settings(1e-2, .9, .98, .01, 1);

  @Test
  void shouldScoreAndLearnAlike() {
    // Given
    ModelConfig config = ModelSize.TINY.config();
    Workload work = Workload.random(8, 4, 6, 5, config.vocabularySize());
    try (RandomModel model = new RandomModel(config, Precision.FP32, 1);
        ScriptSide script = new ScriptSide(model.base(), work, Learned.ADAPTER, SETTINGS);
        ReferenceSide reference =
            new ReferenceSide(model.reference(), work, Learned.ADAPTER, SETTINGS)) {
      for (int step = 0; step < 3; step++) {

        // When
        float loss = script.step();
        float expected = reference.step();

        // Then
        assertThat(loss).isCloseTo(expected, within(1e-5f));
      }
      float[] rewards = script.score();
      float[] expected = reference.score();
      for (int i = 0; i < expected.length; i++) {
        assertThat(rewards[i]).isCloseTo(expected[i], within(1e-4f));
      }
    }
  }
}
