package dev.attune.model.personal;

import java.util.List;

/**
 * Replies to one prompt as tokens, and the reference model's log-probabilities of them, which never
 * change and are computed once. Does not depend on users. Nobody changes the arrays.
 *
 * @param prompt token ids, of which the last precedes each reply
 * @param replies token ids of each reply
 * @param logProbs log π_ref(y|x) of each, in nats; zeros where a reward is learned
 */
@SuppressWarnings("ArrayRecordComponent") // a carrier that is never compared
public record ReferencedReplies(int[] prompt, List<int[]> replies, double[] logProbs) {
  /** Checks that no sequence is empty. */
  public ReferencedReplies {
    replies = List.copyOf(replies);
    if (prompt.length < 2 || replies.stream().anyMatch(reply -> reply.length == 0)) {
      throw new IllegalArgumentException(
          "an empty sequence; allowed are prompts of two tokens and replies of one, or more");
    }
    if (logProbs.length != replies.size()) {
      throw new IllegalArgumentException(
          "%d log-probabilities of %d replies".formatted(logProbs.length, replies.size()));
    }
  }

  /** Returns how many tokens one pass over the prompt and all replies reads. */
  int tokens() {
    return prompt.length + replies.stream().mapToInt(reply -> reply.length).sum();
  }
}
