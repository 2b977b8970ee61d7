package dev.attune.model.reference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.attune.model.engine.Tensors;
import dev.attune.model.engine.Torch;
import dev.attune.model.engine.TorchScript;
import dev.attune.model.lm.RandomBase;
import dev.attune.model.reference.ReferenceAdamW.Settings;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ReferenceAdamWTest {
  private static final long[] SHAPE = {3, 4};

  /** Large gradients first, which are clipped, then small ones. */
  @Test
  void shouldStepAsTheFusedOptimiserOfTheScriptsDoes() {
    try (NDManager manager = Torch.newManager()) {
      // Given
      Random random = new Random(1);
      float[] start = RandomBase.normal(random, SHAPE, 0, 1);
      NDArray own = owned(manager, start);
      NDArray fused = owned(manager, start);
      List<NDArray> m = List.of(owned(manager, new float[start.length]));
      List<NDArray> v = List.of(owned(manager, new float[start.length]));
      List<NDArray> steps = List.of(Tensors.of(manager, new float[1], 1));
      Settings settings = new Settings(1e-2, .9, .98, .1, 1);
      try (ReferenceAdamW optimizer = new ReferenceAdamW(manager, Map.of("x", own), settings)) {

        // When
        for (int step = 0; step < 20; step++) {
          float[] gradient = RandomBase.normal(random, SHAPE, .5, step < 10 ? 3 : 1e-4);
          optimizer.step(Map.of("x", owned(manager, gradient)));
          List<NDArray> gradients = List.of(owned(manager, gradient));
          TorchScript.SHARED.train(manager, "clip", gradients, 1.0);
          TorchScript.SHARED.train(
              manager, "adamw", List.of(fused), gradients, m, v, steps, 1e-2, .9, .98, .1, 1e-8);
        }
      }

      // Then
      float[] expected = Tensors.floats(fused);
      for (int i = 0; i < expected.length; i++) {
        assertThat(own.toFloatArray()[i]).isCloseTo(expected[i], within(1e-6f));
        assertThat(expected[i]).isNotCloseTo(start[i], within(1e-2f));
      }
    }
  }

  private static NDArray owned(NDManager manager, float[] values) {
    return Tensors.owned(manager, values, TorchScript.FLOAT32, SHAPE);
  }
}
