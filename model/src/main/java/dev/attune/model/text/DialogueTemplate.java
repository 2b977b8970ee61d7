package dev.attune.model.text;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;

/**
 * Lays dialogues out as the tokenizer's {@link ChatStyle} says, the same for all sources:
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
  private final ChatTemplate layout;
  private final int promptTokens;
  private final int replyTokens;

  /**
   * @param promptTokens most tokens of a prompt; must leave room for {@code <bos>} and the mark of
   *     the assistant
   * @param replyTokens most tokens of a reply, at least 1
   */
  public DialogueTemplate(Tokenizer tokenizer, int promptTokens, int replyTokens) {
    this.tokenizer = tokenizer;
    this.layout = tokenizer.template();
    this.promptTokens = promptTokens;
    this.replyTokens = replyTokens;
    int least = startTokens() + layout.cue(null).length;
    if (promptTokens < least) {
      throw new IllegalArgumentException(
          "promptTokens is %d; allowed: %d or more".formatted(promptTokens, least));
    }
    if (replyTokens < 1) {
      throw new IllegalArgumentException(
          "replyTokens is %d; allowed: 1 or more".formatted(replyTokens));
    }
  }

  /** Token ids of a prompt, ready for a reply to follow; {@code <bos>} or a mark at least. */
  public int[] prompt(List<Turn> turns) {
    Deque<int[]> parts = new ArrayDeque<>();
    int[] cue = layout.cue(turns.isEmpty() ? null : turns.get(turns.size() - 1).role());
    parts.addFirst(cue);
    int length = cue.length;
    int[] start = layout.start();
    int room = promptTokens - start.length;
    // Backwards, so that a long history costs no more than what is kept of it.
    for (int i = turns.size() - 1; i >= 0 && length < room; i--) {
      Turn turn = turns.get(i);
      int[] end = layout.close(turn.role());
      int[] text = tokenizer.encode(layout.text(turn.text()));
      int[] role = layout.open(turn.role(), i == 0 ? null : turns.get(i - 1).role());
      parts.addFirst(end);
      parts.addFirst(text);
      parts.addFirst(role);
      length += end.length + text.length + role.length;
    }
    int[] ids = Arrays.copyOf(start, start.length + Math.min(length, room));
    int skip = Math.max(0, length - room);
    int at = start.length;
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
    int[] ids = tokenizer.encode(layout.text(text));
    if (ids.length >= replyTokens) {
      return Arrays.copyOf(ids, replyTokens);
    }
    int[] ended = Arrays.copyOf(ids, ids.length + 1);
    ended[ids.length] = layout.endOfReply();
    return ended;
  }

  /** How many tokens each prompt has before its first turn: one, or none in some layouts. */
  public int startTokens() {
    return layout.start().length;
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
