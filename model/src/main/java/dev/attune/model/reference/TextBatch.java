package dev.attune.model.reference;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import java.util.List;

/**
 * Whole texts, each a row of its own, padded on the right to the longest. Immutable.
 *
 * @param texts at least one
 */
public record TextBatch(List<Text> texts) {
  /** Checks that there is a text. */
  public TextBatch {
    texts = List.copyOf(texts);
    if (texts.isEmpty()) {
      throw new IllegalArgumentException("a batch has at least one text");
    }
  }

  /**
   * A prompt and a reply to it.
   *
   * @param tokens both, one after the other; −(1+k) stands for the k-th vector of the user
   * @param reply index of the reply's first token
   * @param user row of the users' vectors, where there are any
   */
  @SuppressWarnings("ArrayRecordComponent") // token ids; texts are never compared
  public record Text(int[] tokens, int reply, int user) {
    /** Checks that the reply has a token. */
    public Text {
      if (reply < 0 || reply >= tokens.length || user < 0) {
        throw new IllegalArgumentException(
            "reply starts at %d of %d tokens, user %d; allowed 0 to tokens - 1, >= 0"
                .formatted(reply, tokens.length, user));
      }
    }

    /** A prompt with a reply to it, of user 0. */
    public static Text of(int[] prompt, int[] reply) {
      int[] tokens = Arrays.copyOf(prompt, prompt.length + reply.length);
      System.arraycopy(reply, 0, tokens, prompt.length, reply.length);
      return new Text(tokens, prompt.length, 0);
    }

    /** The same text of another user. */
    public Text withUser(int other) {
      return new Text(tokens, reply, other);
    }
  }

  /** Returns the longest text, in tokens: S. */
  public int length() {
    return texts.stream().mapToInt(text -> text.tokens.length).max().orElseThrow();
  }

  /** Returns the token ids [B, S]; 0 in padding and in the places of vectors. */
  NDArray ids(NDManager manager) {
    return longs(manager, length(), (text, t) -> Math.max(0, text.tokens[t]));
  }

  /** Returns for each token the row of its vector [B, S] among U · T vectors; 0 elsewhere. */
  NDArray vectorRows(NDManager manager, long vectorsOfAUser) {
    return longs(
        manager,
        length(),
        (text, t) -> text.tokens[t] < 0 ? text.user * vectorsOfAUser - 1 - text.tokens[t] : 0);
  }

  /** Returns 1 at tokens that stand for vectors and 0 elsewhere, [B, S, 1]. */
  NDArray isVector(NDManager manager) {
    return floats(manager, (text, t) -> text.tokens[t] < 0 ? 1 : 0).reshape(-1, length(), 1);
  }

  /** Returns each text's user, [B, 1]. */
  NDArray users(NDManager manager) {
    return longs(manager, 1, (text, t) -> text.user);
  }

  /** Returns 1 / length at a reply's tokens and 0 elsewhere, [B, 1, S]. */
  NDArray meanOfReply(NDManager manager) {
    return floats(manager, (text, t) -> t < text.reply ? 0 : 1f / (text.tokens.length - text.reply))
        .reshape(-1, 1, length());
  }

  /** Returns the token after each but the last, [B, S − 1, 1]; 0 in padding. */
  NDArray nextIds(NDManager manager) {
    return longs(
            manager,
            length() - 1,
            (text, t) -> t + 1 < text.tokens.length ? Math.max(0, text.tokens[t + 1]) : 0)
        .reshape(-1, length() - 1, 1);
  }

  /** Returns 1 where the next token is a reply's and 0 elsewhere, [B, S − 1, 1]. */
  NDArray nextIsReply(NDManager manager) {
    int steps = length() - 1;
    float[] values = new float[texts.size() * steps];
    for (int b = 0; b < texts.size(); b++) {
      Text text = texts.get(b);
      Arrays.fill(
          values, b * steps + Math.max(0, text.reply - 1), b * steps + text.tokens.length - 1, 1);
    }
    return manager.create(values, new Shape(texts.size(), steps, 1));
  }

  private interface ToLong {
    long of(Text text, int token);
  }

  private interface ToFloat {
    float of(Text text, int token);
  }

  /** [B, columns], 0 beyond a text's end. */
  private NDArray longs(NDManager manager, int columns, ToLong value) {
    long[] values = new long[texts.size() * columns];
    for (int b = 0; b < texts.size(); b++) {
      for (int t = 0; t < Math.min(columns, texts.get(b).tokens.length); t++) {
        values[b * columns + t] = value.of(texts.get(b), t);
      }
    }
    return manager.create(values, new Shape(texts.size(), columns));
  }

  /** [B, S], 0 beyond a text's end. */
  private NDArray floats(NDManager manager, ToFloat value) {
    int columns = length();
    float[] values = new float[texts.size() * columns];
    for (int b = 0; b < texts.size(); b++) {
      for (int t = 0; t < texts.get(b).tokens.length; t++) {
        values[b * columns + t] = value.of(texts.get(b), t);
      }
    }
    return manager.create(values, new Shape(texts.size(), columns));
  }
}
