package dev.attune.model.adapter;

import dev.attune.model.io.ModelConfig;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;

/** Adapters with random values, as if they were trained. */
public final class TestAdapters {
  private TestAdapters() {}

  /** Returns an adapter of normally distributed values with deviation 0.1. */
  public static LoraAdapter random(LoraConfig config, ModelConfig model, long seed) {
    Random random = new Random(seed);
    Map<String, float[]> values = new HashMap<>();
    config
        .shapes(model)
        .forEach(
            (name, shape) -> {
              float[] tensor = new float[(int) (shape[0] * shape[1])];
              for (int i = 0; i < tensor.length; i++) {
                tensor[i] = (float) (0.1 * random.nextGaussian());
              }
              values.put(name, tensor);
            });
    return LoraAdapter.of(config, model, values);
  }
}
