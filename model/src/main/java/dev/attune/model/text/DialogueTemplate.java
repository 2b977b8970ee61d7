package dev.attune.model.text;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;

/**
 * The one layout in which all dialogues reach the model, whatever their source:
 *
 * <pre>{@code
 * prompt:  <bos> ( <role> text <end> )*  <assistant>
 * reply:   text <eos>
 * }</pre>
 *
 * A prompt over its limit keeps {@code <bos>} and its last tokens (the latest turns decide what a
 * good reply is); a reply over its limit keeps its first tokens, and no {@code <eos>}, since it
 * does not end there. Immutable; as thread-safe as its tokenizer, which it does not close.
 */
public final class DialogueTemplate {
  private final Tokenizer tokenizer;
  private final int promptTokens;
  private final int replyTokens;
  private final int[] cue;

  /**
   * @param promptTokens most tokens of a prompt; must leave room for {@code <bos>} and the mark of
   *     the assistant
   * @param replyTokens most tokens of a reply, at least 1
   */
  public DialogueTemplate(Tokenizer tokenizer, int promptTokens, int replyTokens) {
    this.tokenizer = tokenizer;
    this.promptTokens = promptTokens;
    this.replyTokens = replyTokens;
    this.cue = tokenizer.roleIds("assistant");
    if (promptTokens < 1 + cue.length) {
      throw new IllegalArgumentException(
          "promptTokens is %d; allowed: %d or more".formatted(promptTokens, 1 + cue.length));
    }
    if (replyTokens < 1) {
      throw new IllegalArgumentException(
          "replyTokens is %d; allowed: 1 or more".formatted(replyTokens));
    }
  }

  /** Token ids of a prompt, ready for a reply to follow; 1 + assistant's mark at least. */
  public int[] prompt(List<Turn> turns) {
    Deque<int[]> parts = new ArrayDeque<>();
    parts.addFirst(cue);
    int length = cue.length;
    int room = promptTokens - 1;
    // Backwards, so that a long history costs no more than what is kept of it.
    for (int i = turns.size() - 1; i >= 0 && length < room; i--) {
      int[] end = tokenizer.endOfTurnIds();
      int[] text = tokenizer.encode(turns.get(i).text());
      int[] role = tokenizer.roleIds(turns.get(i).role());
      parts.addFirst(end);
      parts.addFirst(text);
      parts.addFirst(role);
      length += end.length + text.length + role.length;
    }
    int[] ids = new int[1 + Math.min(length, room)];
    int skip = Math.max(0, length - room);
    int at = 1;
    ids[0] = tokenizer.bosId();
    for (int[] part : parts) {
      int from = Math.min(skip, part.length);
      System.arraycopy(part, from, ids, at, part.length - from);
      at += part.length - from;
      skip -= from;
    }
    return ids;
  }

  /** Token ids of a reply; never empty. */
  public int[] reply(String text) {
    int[] ids = tokenizer.encode(text);
    if (ids.length >= replyTokens) {
      return Arrays.copyOf(ids, replyTokens);
    }
    int[] ended = Arrays.copyOf(ids, ids.length + 1);
    ended[ids.length] = tokenizer.eosId();
    return ended;
  }

  /** Most tokens of a prompt. */
  public int promptTokens() {
    return promptTokens;
  }

  /** Most tokens of a reply. */
  public int replyTokens() {
    return replyTokens;
  }
}
