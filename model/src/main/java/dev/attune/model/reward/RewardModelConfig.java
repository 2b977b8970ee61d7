package dev.attune.model.reward;

/**
 * What a reward is a function of, beside the base and the learned weights. Models of different
 * values do not fit each other.
 *
 * @param rank rank of the adapter on each linear layer
 * @param alpha the adapter's product is scaled by alpha / rank
 * @param pooling which of the reply's states the heads read
 * @param length whether the heads read the logarithm of the reply's length too
 * @param promptTokens longest prompt; of a longer one the end is kept
 * @param replyTokens longest reply; of a longer one the beginning is kept
 */
public record RewardModelConfig(
    int rank, double alpha, Pooling pooling, boolean length, int promptTokens, int replyTokens) {
  /** Checks every component. */
  public RewardModelConfig {
    Limits.within("rank", rank, 1, 1024);
    Limits.within("alpha", alpha, 1e-6, 1e6);
    Limits.within("promptTokens", promptTokens, 16, 1 << 20);
    Limits.within("replyTokens", replyTokens, 1, 1 << 20);
  }

  /** What served best on streams with a small base; there the length has not been tried. */
  public static RewardModelConfig defaults() {
    return new RewardModelConfig(8, 16, Pooling.MEAN, false, 128, 160);
  }

  /** The factor of the adapter's product. */
  float scaling() {
    return (float) (alpha / rank);
  }

  /** How many numbers a head reads. */
  int inputs(int hiddenSize) {
    return hiddenSize + (length ? 1 : 0);
  }
}
