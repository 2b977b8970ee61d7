package dev.attune.model.lm;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.attune.model.engine.Tensors;
import dev.attune.model.io.ModelConfig;
import dev.attune.model.io.Rope;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

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

  /** Returns how many tokens a text may have: more than the tables cover, where they can grow. */
  static int maxTokens(ModelConfig config) {
    if (config.rope().scaling() != Rope.Scaling.DYNAMIC) {
      return positions(config);
    }
    return (int) Math.min(config.maxPositions() * config.rope().factor(), MOST_POSITIONS);
  }

  /**
   * Returns the rotations of a batch with a text that is longer than the tables cover; empty where
   * the tables serve. Dynamic scaling stretches the base with the length of the text: here a row's,
   * with its longest reply, so that no row depends on another.
   */
  static Optional<Dynamic> dynamic(ModelConfig config, List<TokenBatch.Row> rows) {
    if (config.rope().scaling() != Rope.Scaling.DYNAMIC) {
      return Optional.empty();
    }
    int[] lengths = rows.stream().mapToInt(r -> r.prompt().length + r.longestReply()).toArray();
    return IntStream.of(lengths).max().orElse(0) > config.maxPositions()
        ? Optional.of(new Dynamic(config, lengths))
        : Optional.empty();
  }

  /** Rotations under a base of its own for each row. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Dynamic(ModelConfig config, int[] lengths) {
    /** Puts "cos" and "sin", [tokens, head size / 2]. */
    void put(NDManager manager, Map<String, NDArray> tensors, long[] positions, int[] rowOf) {
      int size = config.headDim() / 2;
      double[][] frequencies =
          IntStream.of(lengths)
              .mapToObj(length -> frequencies(stretched(config, length), config.headDim()))
              .toArray(double[][]::new);
      float[] cos = new float[positions.length * size];
      float[] sin = new float[cos.length];
      for (int t = 0; t < positions.length; t++) {
        for (int i = 0; i < size; i++) {
          double angle = positions[t] * frequencies[rowOf[t]][i];
          cos[t * size + i] = (float) Math.cos(angle);
          sin[t * size + i] = (float) Math.sin(angle);
        }
      }
      tensors.put("cos", Tensors.of(manager, cos, positions.length, size));
      tensors.put("sin", Tensors.of(manager, sin, positions.length, size));
    }
  }

  /** Returns the positions of a text of this length under dynamic scaling. */
  static Rope stretched(ModelConfig config, int length) {
    Rope rope = config.rope();
    double beyond = Math.max(length, config.maxPositions());
    double stretch = rope.factor() * beyond / config.maxPositions() - (rope.factor() - 1);
    double theta = rope.theta() * Math.pow(stretch, config.headDim() / (config.headDim() - 2.0));
    return Rope.unscaled(theta, config.maxPositions());
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
            // dynamic scaling begins beyond the positions that the tables hold
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
