package dev.attune.model.personal;

import dev.attune.model.reward.PreferenceExample.Judgement;
import dev.attune.model.reward.PreferenceExample.Pair;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What one event teaches about a user.
 *
 * @param user the user's id; null is somebody unknown, who teaches the generic user alone
 * @param userText what the user says of themself; null or empty is nothing
 * @param replies what was compared or judged
 * @param pairs comparisons between the replies, by index
 * @param judgements of single replies, by index
 */
public record PersonalExample(
    @Nullable String user,
    @Nullable String userText,
    ReferencedReplies replies,
    List<Pair> pairs,
    List<Judgement> judgements) {
  /** Checks that all indices are replies. */
  public PersonalExample {
    pairs = List.copyOf(pairs);
    judgements = List.copyOf(judgements);
    int count = replies.replies().size();
    for (Pair pair : pairs) {
      requireReply(pair.preferred(), count);
      requireReply(pair.other(), count);
      if (pair.preferred() == pair.other()) {
        throw new IllegalArgumentException("reply " + pair.other() + " is compared with itself");
      }
    }
    judgements.forEach(judgement -> requireReply(judgement.reply(), count));
  }

  private static void requireReply(int index, int count) {
    if (index < 0 || index >= count) {
      throw new IllegalArgumentException("reply %d of %d".formatted(index, count));
    }
  }

  /** Returns the example of one comparison, of weight 1. */
  public static PersonalExample choice(
      @Nullable String user, ReferencedReplies replies, int preferred, int other) {
    return new PersonalExample(user, null, replies, List.of(Pair.of(preferred, other)), List.of());
  }

  /** Returns this example with the user's text. */
  public PersonalExample withText(@Nullable String text) {
    return new PersonalExample(user, text, replies, pairs, judgements);
  }

  /** Returns the weight of all comparisons and judgements. */
  double weight() {
    return pairs.stream().mapToDouble(Pair::weight).sum()
        + judgements.stream().mapToDouble(Judgement::weight).sum();
  }
}
