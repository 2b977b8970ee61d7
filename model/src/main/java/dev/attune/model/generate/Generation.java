package dev.attune.model.generate;

import dev.attune.model.text.Tokenizer;
import java.util.Arrays;

/**
 * A generated text.
 *
 * @param ids its tokens; where a stop token ended it, that is the last
 * @param logProbabilities the model's own log-probability of each token, in nats: at temperature 1,
 *     of the whole vocabulary
 * @param reason why it ended
 */
@SuppressWarnings("ArrayRecordComponent") // a result that is never compared
public record Generation(int[] ids, float[] logProbabilities, FinishReason reason) {
  /** Why a text ended. */
  public enum FinishReason {
    /** A stop token came. */
    STOP,
    /** It has as many tokens as were asked for, or as the model can read. */
    LENGTH
  }

  /** Returns the text, without the stop token. */
  public String text(Tokenizer tokenizer) {
    int length = reason == FinishReason.STOP ? ids.length - 1 : ids.length;
    return tokenizer.decode(Arrays.copyOf(ids, length));
  }

  /** Returns the model's log-probability of all tokens, in nats. */
  public double logProbability() {
    double sum = 0;
    for (float value : logProbabilities) {
      sum += value;
    }
    return sum;
  }
}
