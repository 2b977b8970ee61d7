package dev.attune.model.lm;

import dev.attune.model.text.DialogueTemplate;
import dev.attune.model.text.Tokenizer;
import dev.attune.model.text.Turn;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/**
 * Dialogues as one endless stream of tokens, in a new seeded order each time round, cut into
 * sequences. The last turn is laid out as the reply to those before it.
 */
final class Corpus {
  private final List<int[]> dialogues = new ArrayList<>();
  private final Random random;
  private int next;
  private int offset;

  Corpus(Iterable<List<Turn>> texts, Tokenizer tokenizer, int mostTokens, long seed) {
    DialogueTemplate template = new DialogueTemplate(tokenizer, mostTokens, mostTokens);
    for (List<Turn> turns : texts) {
      if (!turns.isEmpty()) {
        int[] prompt = template.prompt(turns.subList(0, turns.size() - 1));
        int[] reply = template.reply(turns.get(turns.size() - 1).text());
        int[] all = new int[prompt.length + reply.length];
        System.arraycopy(prompt, 0, all, 0, prompt.length);
        System.arraycopy(reply, 0, all, prompt.length, reply.length);
        dialogues.add(all);
      }
    }
    if (dialogues.isEmpty()) {
      throw new IllegalArgumentException("there are no texts to learn from");
    }
    random = new Random(seed);
    Collections.shuffle(dialogues, random);
  }

  /** Returns the next sequences, [rows * tokens]. */
  long[] next(int rows, int tokens) {
    long[] ids = new long[rows * tokens];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = dialogues.get(next)[offset++];
      if (offset == dialogues.get(next).length) {
        offset = 0;
        next++;
        if (next == dialogues.size()) {
          next = 0;
          Collections.shuffle(dialogues, random);
        }
      }
    }
    return ids;
  }
}
