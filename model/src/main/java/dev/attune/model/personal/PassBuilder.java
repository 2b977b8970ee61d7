package dev.attune.model.personal;

import dev.attune.model.lm.TokenBatch;
import dev.attune.model.personal.UserModelConfig.Join;
import dev.attune.model.text.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Lays out what the model reads:
 *
 * <pre>{@code
 * <bos> f_im(user) f_ex(text) rest of the prompt, reply
 * }</pre>
 *
 * where f_im is there as a soft prompt only, and f_ex is the user's text itself. For a policy each
 * reply is given the prompt's last token, whose state predicts the reply's first.
 */
final class PassBuilder {
  private final PersonalConfig config;
  private final Tokenizer tokenizer;

  PassBuilder(PersonalConfig config, Tokenizer tokenizer) {
    this.config = config;
    this.tokenizer = tokenizer;
  }

  /**
   * A policy's prompt for a reply to follow.
   *
   * @param ids of the prompt, at least one
   */
  int[] prompt(int[] ids, @Nullable String userText) {
    return joined(ids, head(userText));
  }

  /** The reference reads neither the user's vectors nor the user's text. */
  Pass reference(ReferencedReplies replies) {
    return new Pass(row(replies, new int[0], 0), replies.logProbs(), List.of(), List.of(), 1);
  }

  /** A pass that is only scored. */
  Pass scored(PersonalItem item, int user) {
    int[] head = head(item.userText());
    TokenBatch.Row row = row(item.replies(), head, user);
    return new Pass(row, item.replies().logProbs(), List.of(), List.of(), 1);
  }

  /** A pass that is learned from. */
  Pass learned(PersonalExample example, int user, double share) {
    TokenBatch.Row row = row(example.replies(), head(example.userText()), user);
    return new Pass(
        row, example.replies().logProbs(), example.pairs(), example.judgements(), share);
  }

  private int[] head(@Nullable String userText) {
    int slots = config.users().join() == Join.SOFT_PROMPT ? config.users().tokens() : 0;
    int[] text = new int[0];
    if (userText != null && config.users().textTokens() > 0) {
      text = tokenizer.encode(userText);
      text = Arrays.copyOf(text, Math.min(text.length, config.users().textTokens()));
    }
    return IntStream.concat(IntStream.range(0, slots).map(k -> -1 - k), Arrays.stream(text))
        .toArray();
  }

  private TokenBatch.Row row(ReferencedReplies replies, int[] head, int user) {
    int[] prompt = replies.prompt();
    int cue = config.learnsPolicy() ? 1 : 0;
    int[] read = Arrays.copyOf(joined(prompt, head), prompt.length + head.length - cue);
    List<int[]> answers = new ArrayList<>();
    for (int[] reply : replies.replies()) {
      int[] answer = new int[reply.length + cue];
      answer[0] = prompt[prompt.length - 1];
      System.arraycopy(reply, 0, answer, cue, reply.length);
      answers.add(answer);
    }
    return new TokenBatch.Row(read, answers, 0, user);
  }

  private static int[] joined(int[] prompt, int[] head) {
    int[] joined = new int[prompt.length + head.length];
    joined[0] = prompt[0];
    System.arraycopy(head, 0, joined, 1, head.length);
    System.arraycopy(prompt, 1, joined, 1 + head.length, prompt.length - 1);
    return joined;
  }
}
