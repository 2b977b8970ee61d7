package dev.attune.model.reward;

import dev.attune.model.text.Turn;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * What one event teaches: replies to one prompt, and which of them are preferred to which.
 *
 * @param prompt the turns before the replies
 * @param replies at least one text
 * @param pairs comparisons between the replies, by index; may be empty
 * @param judgements replies that were called good or bad by themselves, by index; may be empty
 * @param userText what the user says of themself; no part of a domain's reward
 * @param user the user's {@link UserKey}; no part of a reward either: it caps what one user may
 *     decide, and finds what is to be forgotten
 * @param served whether the event names the rewards that were served for its replies; calibration
 *     then learns from those
 */
public record PreferenceExample(
    List<Turn> prompt,
    List<String> replies,
    List<Pair> pairs,
    List<Judgement> judgements,
    @Nullable String userText,
    long user,
    boolean served) {

  /** Checks that every pair names two different replies, and every judgement one. */
  public PreferenceExample {
    prompt = List.copyOf(prompt);
    replies = List.copyOf(replies);
    pairs = List.copyOf(pairs);
    judgements = List.copyOf(judgements);
    for (Pair pair : pairs) {
      int most = Math.max(pair.preferred, pair.other);
      if (Math.min(pair.preferred, pair.other) < 0
          || most >= replies.size()
          || pair.preferred == pair.other) {
        throw new IllegalArgumentException(
            "a pair compares replies %d and %d; there are %d replies"
                .formatted(pair.preferred, pair.other, replies.size()));
      }
    }
    for (Judgement judgement : judgements) {
      if (judgement.reply < 0 || judgement.reply >= replies.size()) {
        throw new IllegalArgumentException(
            "a judgement is of reply %d; there are %d replies"
                .formatted(judgement.reply, replies.size()));
      }
    }
  }

  /** An event of nobody in particular. */
  public PreferenceExample(
      List<Turn> prompt,
      List<String> replies,
      List<Pair> pairs,
      List<Judgement> judgements,
      @Nullable String userText) {
    this(prompt, replies, pairs, judgements, userText, UserKey.NONE, false);
  }

  /** An event of nobody in particular, without judgements. */
  public PreferenceExample(
      List<Turn> prompt, List<String> replies, List<Pair> pairs, @Nullable String userText) {
    this(prompt, replies, pairs, List.of(), userText);
  }

  /**
   * One comparison.
   *
   * @param preferred index of the preferred reply
   * @param other index of the reply that it is preferred to
   * @param weight of this comparison among the others, finite, ≥ 0
   * @param margin by how much the preferred reward should exceed the other, in log-odds
   * @param tie true: both are equally good, and the order and the margin mean nothing
   */
  public record Pair(int preferred, int other, float weight, float margin, boolean tie) {
    /** Checks weight and margin. */
    public Pair {
      requireWeight(weight);
      if (!Float.isFinite(margin)) {
        throw new IllegalArgumentException("margin is " + margin + "; allowed is finite");
      }
    }

    /** A comparison of weight 1 without a margin. */
    public static Pair of(int preferred, int other) {
      return new Pair(preferred, other, 1, 0, false);
    }
  }

  /**
   * One reply called good or bad, without a comparison.
   *
   * @param reply its index
   * @param good what it was called
   * @param weight of this judgement among comparisons and judgements, finite, ≥ 0
   */
  public record Judgement(int reply, boolean good, float weight) {
    /** Checks the weight. */
    public Judgement {
      requireWeight(weight);
    }
  }

  private static void requireWeight(float weight) {
    if (!(weight >= 0) || Float.isInfinite(weight)) {
      throw new IllegalArgumentException("weight is " + weight + "; allowed is finite and >= 0");
    }
  }

  /** The event in which one reply was chosen over all others. */
  public static PreferenceExample choice(List<Turn> prompt, List<String> replies, int chosen) {
    List<Pair> pairs =
        IntStream.range(0, replies.size())
            .filter(i -> i != chosen)
            .mapToObj(i -> Pair.of(chosen, i))
            .toList();
    return new PreferenceExample(prompt, replies, pairs, null);
  }
}
