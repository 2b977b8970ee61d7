package dev.attune.model.personal;

import dev.attune.model.lm.TokenBatch;
import dev.attune.model.reward.PreferenceExample.Judgement;
import dev.attune.model.reward.PreferenceExample.Pair;
import java.util.ArrayList;
import java.util.List;

/**
 * One reading of a prompt and its replies with one user's vectors.
 *
 * @param tokens the prompt, with the places of a soft prompt and the user's text, and the replies
 * @param reference log π_ref of each reply
 * @param pairs what is compared
 * @param judgements what is judged
 * @param share by which the weights are multiplied: α, 1 − α or 1
 */
@SuppressWarnings("ArrayRecordComponent") // a private carrier that is never compared
record Pass(
    TokenBatch.Row tokens,
    double[] reference,
    List<Pair> pairs,
    List<Judgement> judgements,
    double share) {

  /** Returns how many tokens are read. */
  int length() {
    return tokens.prompt().length + tokens.replies().stream().mapToInt(reply -> reply.length).sum();
  }

  /** Cuts passes, in order, into parts of at most {@code most} tokens, or of one pass. */
  static List<List<Pass>> cut(List<Pass> passes, int most) {
    List<List<Pass>> parts = new ArrayList<>();
    List<Pass> part = new ArrayList<>();
    int tokens = 0;
    for (Pass pass : passes) {
      if (tokens + pass.length() > most && !part.isEmpty()) {
        parts.add(part);
        part = new ArrayList<>();
        tokens = 0;
      }
      part.add(pass);
      tokens += pass.length();
    }
    if (!part.isEmpty()) {
      parts.add(part);
    }
    return parts;
  }
}
