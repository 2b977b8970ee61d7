package dev.attune.model.reward;

/**
 * What heads read of replies: z of {@code reward.head_inputs}, row by row.
 *
 * @param values [replies, inputs]
 * @param inputs how many a head reads
 */
@SuppressWarnings("ArrayRecordComponent") // a private carrier that is never compared
record HeadInputs(float[] values, int inputs) {

  /**
   * Returns the rewards of some replies by a head.
   *
   * @param replies rows
   * @param heads rows of weights, [heads, inputs]
   * @param head which of them
   */
  double[] rewards(int[] replies, float[] heads, int head) {
    double[] rewards = new double[replies.length];
    for (int i = 0; i < replies.length; i++) {
      for (int j = 0; j < inputs; j++) {
        rewards[i] += (double) heads[head * inputs + j] * values[replies[i] * inputs + j];
      }
    }
    return rewards;
  }
}
