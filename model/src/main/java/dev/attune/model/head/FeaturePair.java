package dev.attune.model.head;

/**
 * The features of two replies to one prompt, as {@link ReplyFeatures} gives them.
 *
 * @param preferred of the reply that was preferred
 * @param other of the other
 * @param offset by how much the preferred one is ahead by what else is known, in log-odds: the
 *     difference of their domain's rewards; 0 where nothing is
 */
public record FeaturePair(float[] preferred, float[] other, double offset) {
  /** Checks that both have one length. */
  public FeaturePair {
    if (preferred.length != other.length) {
      throw new IllegalArgumentException(
          "features of " + preferred.length + " and " + other.length + " values");
    }
  }

  /** Two replies of which nothing else is known. */
  public FeaturePair(float[] preferred, float[] other) {
    this(preferred, other, 0);
  }
}
