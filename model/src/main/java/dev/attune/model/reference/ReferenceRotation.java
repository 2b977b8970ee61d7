package dev.attune.model.reference;

import dev.attune.model.io.Rope;

/**
 * Cosines and sines of the rotary position embedding (Su et al. 2021, arXiv 2104.09864) and of its
 * stretched forms, by the formulas of Hugging Face's {@code modeling_rope_utils}.
 */
final class ReferenceRotation {
  private ReferenceRotation() {}

  /**
   * Returns the angles [positions][headSize / 2] for a text of {@code length} tokens, which decides
   * the base where the scaling is dynamic.
   */
  static double[][] angles(Rope rope, int headSize, int length, int positions) {
    double[][] angles = new double[positions][headSize / 2];
    for (int i = 0; i < headSize / 2; i++) {
      double frequency = frequency(rope, 2.0 * i / headSize, headSize, length);
      for (int p = 0; p < positions; p++) {
        angles[p][i] = p * frequency;
      }
    }
    return angles;
  }

  private static double frequency(Rope rope, double exponent, int headSize, int length) {
    double plain = Math.pow(rope.theta(), -exponent);
    return switch (rope.scaling()) {
      case DEFAULT -> plain;
      case LINEAR -> plain / rope.factor();
      case DYNAMIC -> Math.pow(dynamicBase(rope, headSize, length), -exponent);
      case LLAMA3 -> llama3(rope, plain);
    };
  }

  /** The base grows with the text once the text is longer than what the model was made for. */
  private static double dynamicBase(Rope rope, int headSize, int length) {
    double limit = rope.originalMaxPositions();
    double stretch = rope.factor() * Math.max(length, limit) / limit - (rope.factor() - 1);
    return rope.theta() * Math.pow(stretch, headSize / (headSize - 2.0));
  }

  /** Short waves stay, long ones are stretched by the factor, those between are blended. */
  private static double llama3(Rope rope, double frequency) {
    double wave = 2 * Math.PI / frequency;
    double original = rope.originalMaxPositions();
    if (wave < original / rope.highFrequencyFactor()) {
      return frequency;
    }
    if (wave > original / rope.lowFrequencyFactor()) {
      return frequency / rope.factor();
    }
    double smooth =
        (original / wave - rope.lowFrequencyFactor())
            / (rope.highFrequencyFactor() - rope.lowFrequencyFactor());
    return (1 - smooth) * frequency / rope.factor() + smooth * frequency;
  }
}
