package dev.attune.cli.personalize;

import dev.attune.model.head.FeaturePair;
import dev.attune.model.head.ReplyFeatures;
import dev.attune.model.text.Turn;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Features of replies, each computed once: the base is frozen, so they do not change. Safe for use
 * by several threads.
 */
final class FeatureStore {
  private record Reply(List<Turn> prompt, String text) {}

  private final ReplyFeatures reader;
  private final Map<Reply, float[]> known = new HashMap<>();

  FeatureStore(ReplyFeatures reader) {
    this.reader = reader;
  }

  /** Computes what is missing for these comparisons; replies to one prompt share a pass. */
  synchronized void read(List<PersonalComparison> comparisons) {
    Map<List<Turn>, Set<String>> missing = new LinkedHashMap<>();
    for (PersonalComparison one : comparisons) {
      for (String reply : List.of(one.preferred(), one.other())) {
        if (!known.containsKey(new Reply(one.prompt(), reply))) {
          missing.computeIfAbsent(one.prompt(), prompt -> new LinkedHashSet<>()).add(reply);
        }
      }
    }
    List<ReplyFeatures.Candidates> candidates = new ArrayList<>();
    missing.forEach(
        (prompt, replies) ->
            candidates.add(new ReplyFeatures.Candidates(prompt, List.copyOf(replies))));
    List<float[][]> read = reader.of(candidates);
    for (int i = 0; i < candidates.size(); i++) {
      ReplyFeatures.Candidates one = candidates.get(i);
      for (int r = 0; r < one.replies().size(); r++) {
        known.put(new Reply(one.prompt(), one.replies().get(r)), read.get(i)[r]);
      }
    }
  }

  /** The features of a comparison that was read. */
  synchronized FeaturePair pair(PersonalComparison comparison) {
    return new FeaturePair(
        known(comparison, comparison.preferred()), known(comparison, comparison.other()));
  }

  private float[] known(PersonalComparison comparison, String reply) {
    float[] features = known.get(new Reply(comparison.prompt(), reply));
    if (features == null) {
      throw new IllegalStateException("a reply that was not read");
    }
    return features;
  }
}
