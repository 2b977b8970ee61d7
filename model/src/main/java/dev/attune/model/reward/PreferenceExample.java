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
 * @param pairs comparisons between the replies, by index; may be empty: nothing to learn then
 * @param userText what the user says of themself; no part of a domain's reward
 */
public record PreferenceExample(
    List<Turn> prompt, List<String> replies, List<Pair> pairs, @Nullable String userText) {

  /** Checks that every pair names two different replies. */
  public PreferenceExample {
    prompt = List.copyOf(prompt);
    replies = List.copyOf(replies);
    pairs = List.copyOf(pairs);
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
      if (!(weight >= 0) || Float.isInfinite(weight)) {
        throw new IllegalArgumentException("weight is " + weight + "; allowed is finite and >= 0");
      }
      if (!Float.isFinite(margin)) {
        throw new IllegalArgumentException("margin is " + margin + "; allowed is finite");
      }
    }

    /** A comparison of weight 1 without a margin. */
    public static Pair of(int preferred, int other) {
      return new Pair(preferred, other, 1, 0, false);
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
