package dev.attune.trainer.users;

import dev.attune.model.head.ReplyFeatures;
import dev.attune.model.policy.Policy;
import dev.attune.model.text.Turn;
import dev.attune.schemas.events.Feedback;
import dev.attune.schemas.events.Reply;
import dev.attune.schemas.events.ScoreVersions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The coordinates x of replies under one policy: those that were served with the reply where they
 * are of this policy and base, otherwise from a pass of the base, or from what is remembered of an
 * earlier one. One thread at a time.
 */
final class ReplyCoordinates {
  /** Larger coordinates are no reply's; a belief would lose all precision over them. */
  private static final float LARGEST = 1e4f;

  private final PolicyPasses passes;
  private final String base;
  private final FeatureCache cache;
  private final Counts counts;

  /** Where coordinates came from. */
  static final class Counts {
    long served;
    long remembered;
    long read;
    long refused;
  }

  ReplyCoordinates(PolicyPasses passes, String base, FeatureCache cache, Counts counts) {
    this.passes = passes;
    this.base = base;
    this.cache = cache;
    this.counts = counts;
  }

  /**
   * The coordinates of a reply, [k]; the last is 1.
   *
   * @param reply its index
   */
  double[] of(Feedback feedback, int reply) {
    double[] served = served(feedback, reply);
    if (served != null) {
      counts.served++;
      return served;
    }
    FeatureCache.Key key = key(feedback, reply);
    float[] features = cache.get(key);
    if (features == null) {
      counts.read++;
      // Alone: what a reply gives must not depend on what it is read with.
      features = passes.features(List.of(candidate(feedback, reply))).get(0)[0];
      cache.put(key, features);
    } else {
      counts.remembered++;
    }
    return doubles(passes.policy().coordinates(features));
  }

  /** Reads all that the events will need in one pass; then their values depend on each other. */
  void prefetch(List<Feedback> events) {
    Map<FeatureCache.Key, ReplyFeatures.Candidates> missing = new LinkedHashMap<>();
    for (Feedback event : events) {
      for (int reply = 0; reply < event.getReplies().size(); reply++) {
        FeatureCache.Key key = key(event, reply);
        if (served(event, reply) == null && cache.get(key) == null) {
          missing.put(key, candidate(event, reply));
        }
      }
    }
    if (!missing.isEmpty()) {
      counts.read += missing.size();
      List<float[][]> read = passes.features(new ArrayList<>(missing.values()));
      int i = 0;
      for (FeatureCache.Key key : missing.keySet()) {
        cache.put(key, read.get(i++)[0]);
      }
    }
  }

  private double @Nullable [] served(Feedback feedback, int reply) {
    ScoreVersions by = feedback.getServedBy();
    List<Float> features = feedback.getReplies().get(reply).getFeatures();
    Policy policy = passes.policy();
    if (by == null
        || features == null
        || by.getPolicy() == null
        || by.getPolicy() != policy.epoch()
        || !by.getBase().equals(base)) {
      return null;
    }
    if (features.size() != policy.basis().size()) {
      counts.refused++;
      return null;
    }
    double[] x = new double[features.size()];
    for (int i = 0; i < x.length; i++) {
      x[i] = features.get(i);
      if (!(Math.abs(x[i]) <= LARGEST)) {
        counts.refused++;
        return null;
      }
    }
    return x;
  }

  private static FeatureCache.Key key(Feedback feedback, int reply) {
    return FeatureCache.Key.of(feedback.getPrompt(), text(feedback, reply));
  }

  private static ReplyFeatures.Candidates candidate(Feedback feedback, int reply) {
    return new ReplyFeatures.Candidates(
        feedback.getPrompt().stream()
            .map(turn -> new Turn(turn.getRole(), turn.getText()))
            .toList(),
        List.of(text(feedback, reply)));
  }

  private static String text(Feedback feedback, int reply) {
    Reply one = feedback.getReplies().get(reply);
    return one.getText();
  }

  private static double[] doubles(float[] values) {
    double[] copy = new double[values.length];
    for (int i = 0; i < copy.length; i++) {
      copy[i] = values[i];
    }
    return copy;
  }
}
