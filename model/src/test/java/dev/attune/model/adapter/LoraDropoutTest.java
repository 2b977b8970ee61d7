package dev.attune.model.adapter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.attune.model.engine.Tensors;
import dev.attune.model.engine.Torch;
import dev.attune.model.engine.TorchScript;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class LoraDropoutTest {
  private static final int ROWS = 200;
  private static final int COLUMNS = 50;
  private static final double P = 0.3;

  @Test
  void shouldDropTheShareThatWasAskedForAndKeepTheMean() {
    // When
    float[] dropped = dropout(5);

    // Then: four standard deviations of a share of 10,000
    int zeros = 0;
    for (float value : dropped) {
      assertThat(value)
          .satisfiesAnyOf(
              v -> assertThat(v).isZero(),
              v -> assertThat(v).isCloseTo((float) (1 / (1 - P)), within(1e-6f)));
      zeros += value == 0 ? 1 : 0;
    }
    double share = (double) zeros / dropped.length;
    assertThat(share).isCloseTo(P, within(4 * Math.sqrt(P * (1 - P) / dropped.length)));
  }

  @Test
  void shouldDependOnTheSeedAloneWhateverOtherThreadsDraw() throws Exception {
    // Given
    float[] expected = dropout(5);
    ExecutorService threads = Executors.newFixedThreadPool(3);
    List<Future<float[]>> results = new ArrayList<>();

    // When
    for (int i = 0; i < 12; i++) {
      int seed = 5 + i % 3;
      results.add(threads.submit(() -> dropout(seed)));
    }
    threads.shutdown();

    // Then
    for (int i = 0; i < results.size(); i++) {
      assertThat(Arrays.equals(results.get(i).get(), expected)).isEqualTo(i % 3 == 0);
    }
  }

  private static float[] dropout(long seed) {
    float[] ones = new float[ROWS * COLUMNS];
    Arrays.fill(ones, 1);
    try (NDManager manager = Torch.newManager()) {
      NDArray x = Tensors.of(manager, ones, ROWS, COLUMNS);
      return Tensors.floats(TorchScript.SHARED.infer(manager, "lora_dropout", x, P, seed));
    }
  }
}
