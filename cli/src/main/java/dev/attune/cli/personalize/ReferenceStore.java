package dev.attune.cli.personalize;

import dev.attune.model.personal.Candidates;
import dev.attune.model.personal.PersonalExample;
import dev.attune.model.personal.PersonalItem;
import dev.attune.model.personal.PersonalModel;
import dev.attune.model.personal.ReferenceModel;
import dev.attune.model.personal.ReferencedReplies;
import dev.attune.model.personal.UserRows;
import dev.attune.model.text.Turn;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Comparisons as tokens with the reference's log-probabilities, each computed once for all
 * policies. Safe for use by several threads.
 */
final class ReferenceStore {
  /**
   * Two replies to one prompt, in the order of the alphabet: who prefers which is another thing.
   */
  private record Pair(List<Turn> prompt, String first, String second) {
    static Pair of(PersonalComparison comparison) {
      boolean ordered = comparison.preferred().compareTo(comparison.other()) <= 0;
      return new Pair(
          comparison.prompt(),
          ordered ? comparison.preferred() : comparison.other(),
          ordered ? comparison.other() : comparison.preferred());
    }

    int preferred(PersonalComparison comparison) {
      return first.equals(comparison.preferred()) ? 0 : 1;
    }
  }

  private final ReferenceModel reference;
  private final Map<Pair, ReferencedReplies> known = new HashMap<>();

  ReferenceStore(ReferenceModel reference) {
    this.reference = reference;
  }

  /** Computes what is missing for these comparisons. */
  synchronized void read(List<PersonalComparison> comparisons) {
    Set<Pair> missing = new LinkedHashSet<>();
    for (PersonalComparison comparison : comparisons) {
      Pair pair = Pair.of(comparison);
      if (!known.containsKey(pair)) {
        missing.add(pair);
      }
    }
    List<Candidates> candidates = new ArrayList<>();
    for (Pair pair : missing) {
      candidates.add(new Candidates(pair.prompt(), List.of(pair.first(), pair.second())));
    }
    List<ReferencedReplies> read = reference.encode(candidates);
    int next = 0;
    for (Pair pair : missing) {
      known.put(pair, read.get(next++));
    }
  }

  /** What a comparison teaches. */
  PersonalExample example(PersonalComparison comparison) {
    int preferred = Pair.of(comparison).preferred(comparison);
    return PersonalExample.choice(user(comparison), replies(comparison), preferred, 1 - preferred)
        .withText(text(comparison));
  }

  /** By how much a model's reward of each preferred reply is above that of the other. */
  double[] margins(PersonalModel model, UserRows rows, List<PersonalComparison> comparisons) {
    read(comparisons);
    List<double[]> rewards =
        model.score(
            rows,
            comparisons.stream()
                .map(one -> new PersonalItem(user(one), text(one), replies(one)))
                .toList());
    double[] margins = new double[comparisons.size()];
    for (int i = 0; i < margins.length; i++) {
      PersonalComparison comparison = comparisons.get(i);
      int preferred = Pair.of(comparison).preferred(comparison);
      margins[i] = rewards.get(i)[preferred] - rewards.get(i)[1 - preferred];
    }
    return margins;
  }

  private synchronized ReferencedReplies replies(PersonalComparison comparison) {
    Pair pair = Pair.of(comparison);
    if (!known.containsKey(pair)) {
      read(List.of(comparison));
    }
    return known.get(pair);
  }

  private static @Nullable String user(PersonalComparison comparison) {
    return comparison.user().equals(PersonalComparison.GENERIC) ? null : comparison.user();
  }

  private static @Nullable String text(PersonalComparison comparison) {
    return comparison.userText().isEmpty() ? null : comparison.userText();
  }
}
