package dev.attune.model.lm;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.attune.model.engine.Tensors;
import dev.attune.model.io.ModelConfig;
import dev.attune.model.io.Rope;
import java.util.Map;

/**
 * Cosines and sines of the rotary position embedding (Su et al. 2021, arXiv 2104.09864), with the
 * scalings that Llama models use for long contexts.
 */
final class RotaryTables {
  /** Longer contexts than this are of no use to a reward and would only cost memory. */
  private static final int MOST_POSITIONS = 8192;

  private RotaryTables() {}

  /** Returns how many positions the tables cover. */
  static int positions(ModelConfig config) {
    return Math.min(config.maxPositions(), MOST_POSITIONS);
  }

  /** Returns "rotary.cos" and "rotary.sin", [positions, head size / 2]. */
  static Map<String, NDArray> of(NDManager manager, ModelConfig config) {
    int positions = positions(config);
    double[] frequencies = frequencies(config.rope(), config.headDim());
    int size = frequencies.length;
    float[] cos = new float[positions * size];
    float[] sin = new float[positions * size];
    for (int p = 0; p < positions; p++) {
      for (int i = 0; i < size; i++) {
        double angle = p * frequencies[i];
        cos[p * size + i] = (float) Math.cos(angle);
        sin[p * size + i] = (float) Math.sin(angle);
      }
    }
    return Map.of(
        "rotary.cos", Tensors.of(manager, cos, positions, size),
        "rotary.sin", Tensors.of(manager, sin, positions, size));
  }

  /** Returns the angle per position of each pair of a head's elements. */
  static double[] frequencies(Rope rope, int headSize) {
    double[] frequencies = new double[headSize / 2];
    for (int i = 0; i < frequencies.length; i++) {
      double frequency = Math.pow(rope.theta(), -2.0 * i / headSize);
      frequencies[i] =
          switch (rope.scaling()) {
            // dynamic scaling begins beyond the longest position that the tables hold
            case DEFAULT, DYNAMIC -> frequency;
            case LINEAR -> frequency / rope.factor();
            case LLAMA3 -> llama3(rope, frequency);
          };
    }
    return frequencies;
  }

  /** High frequencies stay, low ones are divided by the factor, those between are blended. */
  private static double llama3(Rope rope, double frequency) {
    double turns = rope.originalMaxPositions() * frequency / (2 * Math.PI);
    double low = rope.lowFrequencyFactor();
    double blend = (turns - low) / (rope.highFrequencyFactor() - low);
    double kept = Math.max(0, Math.min(1, blend));
    return kept * frequency + (1 - kept) * frequency / rope.factor();
  }
}
