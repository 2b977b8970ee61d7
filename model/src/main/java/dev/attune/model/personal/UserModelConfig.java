package dev.attune.model.personal;

/**
 * The user model f(u) = concat(f_im(id), f_ex(text)) of Li et al. 2024 (arXiv 2402.05133, section
 * 4.2). The explicit part is the user's text itself, put into the prompt.
 *
 * @param kind how a user's vectors are made
 * @param join where they enter the model
 * @param tokens T_u, vectors of a user; 0 leaves them out (with {@link Kind#UNIFORM}: plain RLHF)
 * @param offset individual vectors are e_0 + o_i; false: o_i alone
 * @param clusters K of {@link Kind#CLUSTER}; 0 in other kinds
 * @param textTokens most tokens of a user's text; of a longer one the beginning is kept. 0 leaves
 *     texts out
 */
public record UserModelConfig(
    Kind kind, Join join, int tokens, boolean offset, int clusters, int textTokens) {
  /** The forms of f_im. */
  public enum Kind {
    /** The same vectors for all users. */
    UNIFORM,
    /** f_im(0) = e_0, f_im(i) = e_0 + o_i. */
    INDIVIDUAL,
    /** f_im(i) = softmax(z_i) V: K numbers a user, however wide the model is. */
    CLUSTER
  }

  /** Where a user's vectors enter. */
  public enum Join {
    /** After the token that begins the text, as T_u tokens of their own: the paper's form. */
    SOFT_PROMPT,
    /**
     * Added to each input embedding; T_u is 1. What a small base needs, which ignores soft prompts.
     */
    ADDED,
    /** The vector is the reward's head, r = ⟨e_u, h(x, y)⟩; T_u is 1 and the objective a reward. */
    HEAD
  }

  /** Checks that the components fit each other. */
  public UserModelConfig {
    boolean single = join != Join.SOFT_PROMPT;
    require(tokens >= 0 && tokens <= 1024, "tokens is " + tokens + "; allowed is 0 to 1024");
    require(tokens > 0 || kind == Kind.UNIFORM, "tokens is 0; allowed with kind UNIFORM only");
    require(tokens > 0 || join != Join.HEAD, "tokens is 0; join HEAD needs 1");
    require(!single || tokens <= 1, "tokens is " + tokens + "; join " + join + " allows 1 at most");
    require(
        kind == Kind.CLUSTER ? clusters >= 2 && clusters <= 65_536 : clusters == 0,
        "clusters is %d; kind CLUSTER allows 2 to 65536, others 0".formatted(clusters));
    require(textTokens >= 0, "textTokens is " + textTokens + "; allowed is 0 or more");
  }

  private static void require(boolean condition, String message) {
    if (!condition) {
      throw new IllegalArgumentException(message);
    }
  }

  /** No vectors at all: with P-DPO's losses this is plain DPO. */
  public static UserModelConfig plain() {
    return new UserModelConfig(Kind.UNIFORM, Join.ADDED, 0, false, 0, 0);
  }

  /** A vector e_0 + o_i added to each input embedding. */
  public static UserModelConfig individual() {
    return new UserModelConfig(Kind.INDIVIDUAL, Join.ADDED, 1, true, 0, 0);
  }

  /** A mixture of {@code clusters} vectors added to each input embedding. */
  public static UserModelConfig cluster(int clusters) {
    return new UserModelConfig(Kind.CLUSTER, Join.ADDED, 1, false, clusters, 0);
  }

  /** Returns this model with a soft prompt of {@code count} vectors. */
  public UserModelConfig softPrompt(int count) {
    return new UserModelConfig(kind, Join.SOFT_PROMPT, count, offset, clusters, textTokens);
  }

  /** Returns this model with the user's vector as the reward's head. */
  public UserModelConfig asHead() {
    return new UserModelConfig(kind, Join.HEAD, tokens, offset, clusters, textTokens);
  }

  /** Returns this model without e_0 in the users' vectors. */
  public UserModelConfig withoutOffset() {
    return new UserModelConfig(kind, join, tokens, false, clusters, textTokens);
  }

  /** Returns this model with users' texts of up to {@code most} tokens. */
  public UserModelConfig withText(int most) {
    return new UserModelConfig(kind, join, tokens, offset, clusters, most);
  }

  /** Returns whether users have numbers of their own. */
  public boolean hasRows() {
    return kind != Kind.UNIFORM;
  }

  /** Returns how many numbers a user's row has, in a base of this hidden size. */
  public int rowSize(int hidden) {
    return switch (kind) {
      case UNIFORM -> 0;
      case INDIVIDUAL -> tokens * hidden;
      case CLUSTER -> clusters;
    };
  }
}
