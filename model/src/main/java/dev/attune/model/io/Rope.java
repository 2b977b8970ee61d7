package dev.attune.model.io;

/**
 * Rotary position embedding (Su et al. 2021) and how it is stretched for long contexts.
 *
 * @param theta base of the frequencies
 * @param scaling how the frequencies are scaled
 * @param factor by how much the context is stretched; 1 without scaling
 * @param lowFrequencyFactor llama3 only, otherwise 1
 * @param highFrequencyFactor llama3 only, otherwise 1
 * @param originalMaxPositions llama3: the context length before stretching; otherwise the model's
 *     {@code max_position_embeddings}
 */
public record Rope(
    double theta,
    Scaling scaling,
    double factor,
    double lowFrequencyFactor,
    double highFrequencyFactor,
    int originalMaxPositions) {

  /** The scalings of the supported families, by their names in {@code config.json}. */
  public enum Scaling {
    DEFAULT,
    LINEAR,
    DYNAMIC,
    LLAMA3
  }

  public Rope {
    if (!(theta > 0) || !(factor >= 1) || originalMaxPositions < 1) {
      throw new IllegalArgumentException(
          "rope: theta %s, factor %s, original positions %d; allowed > 0, >= 1, >= 1"
              .formatted(theta, factor, originalMaxPositions));
    }
    if (scaling == Scaling.LLAMA3 && !(highFrequencyFactor > lowFrequencyFactor)) {
      throw new IllegalArgumentException(
          "rope: high_freq_factor %s must be above low_freq_factor %s"
              .formatted(highFrequencyFactor, lowFrequencyFactor));
    }
  }

  /** No scaling. */
  public static Rope unscaled(double theta, int maxPositions) {
    return new Rope(theta, Scaling.DEFAULT, 1, 1, 1, maxPositions);
  }
}
