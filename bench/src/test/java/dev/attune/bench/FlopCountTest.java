package dev.attune.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.attune.model.io.ModelConfig;
import dev.attune.model.lm.TokenBatch;
import java.util.List;
import org.junit.jupiter.api.Test;

class FlopCountTest {
  /** Two layers of width 4, one head, SwiGLU of 6. */
  private static final ModelConfig CONFIG = ModelConfig.llama(10, 4, 6, 2, 1, 16);

  /** Three tokens of a prompt, replies of two and of one. */
  private static final List<TokenBatch.Row> ROWS =
      List.of(new TokenBatch.Row(new int[3], List.of(new int[2], new int[1])));

  @Test
  void shouldCountAForwardPass() {
    // Given: a token's products, q, k, v and o of 4 x 4 and three of 4 x 6
    double all = 2 * (4 * 16 + 3 * 24);
    double keysAndValues = 2 * 2 * 16;
    double seenByPrompt = 1 + 2 + 3;
    double seenByReplies = 4 + 5 + 4;

    // When
    double flops = FlopCount.of(CONFIG, ROWS, 0, false);

    // Then: of the prompt, the last layer computes keys and values only
    double linear = 6 * all + 3 * all + 3 * keysAndValues;
    double attention = 4 * 4 * (seenByPrompt + 2 * seenByReplies);
    assertThat(flops).isCloseTo(linear + attention, within(1e-9));
  }

  @Test
  void shouldCountFrozenMatricesTwiceAndTheRestThreeTimesInAStep() {
    // Given
    double forward = FlopCount.of(CONFIG, ROWS, 0, false);
    double adapters = FlopCount.of(CONFIG, ROWS, 2, false) - forward;
    double attention = 4 * 4 * (6 + 2 * 13);

    // When
    double step = FlopCount.of(CONFIG, ROWS, 2, true);

    // Then
    assertThat(step)
        .isCloseTo(2 * (forward - attention) + 3 * (attention + adapters), within(1e-9));
  }
}
