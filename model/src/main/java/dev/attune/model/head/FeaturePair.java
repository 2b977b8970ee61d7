package dev.attune.model.head;

/**
 * The features of two replies to one prompt, as {@link ReplyFeatures} gives them.
 *
 * @param preferred of the reply that was preferred
 * @param other of the other
 */
public record FeaturePair(float[] preferred, float[] other) {
  /** Checks that both have one length. */
  public FeaturePair {
    if (preferred.length != other.length) {
      throw new IllegalArgumentException(
          "features of " + preferred.length + " and " + other.length + " values");
    }
  }
}
