package dev.attune.cli.chaos;

import dev.attune.schemas.Domains;
import dev.attune.schemas.ModelKeys;
import dev.attune.schemas.events.Feedback;
import dev.attune.schemas.events.ModelVersion;
import dev.attune.schemas.events.PreferenceBucket;
import dev.attune.schemas.events.Retraction;
import dev.attune.schemas.events.Route;
import dev.attune.schemas.events.UserEmbedding;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What stands in the topics after a run: the buckets, what was published, and, by the buckets
 * alone, how much each model and user should have learned. Knows nothing of the trainer but what it
 * committed. Records are to be entered in the order of their partition. Not thread-safe.
 */
final class LearnedAccount {
  /** How much there was to be learned. */
  record Lessons(long events, long comparisons, long judgements) {
    static final Lessons NONE = new Lessons(0, 0, 0);

    Lessons plus(Lessons other) {
      return new Lessons(
          events + other.events, comparisons + other.comparisons, judgements + other.judgements);
    }

    private static Lessons of(Feedback feedback) {
      return new Lessons(1, feedback.getComparisons().size(), feedback.getJudgements().size());
    }

    private static Lessons less(Retraction retraction) {
      return new Lessons(-1, -retraction.getComparisons(), -retraction.getJudgements());
    }
  }

  private final Map<String, Lessons> ofModels = new TreeMap<>();
  private final Map<String, Lessons> ofUsers = new TreeMap<>();
  private final Map<String, ModelVersion> models = new TreeMap<>();
  private final Map<String, String> versions = new TreeMap<>();
  private final Map<String, UserEmbedding> users = new TreeMap<>();
  private final Map<String, Integer> bucketHashes = new HashMap<>();
  private long buckets;
  private long retractions;
  private long erasures;
  private long republished;

  /** A record of a bucket topic. */
  void bucket(
      Route topic, int partition, long offset, String key, @Nullable PreferenceBucket bucket) {
    bucketHashes.put(
        topic + "-" + partition + "-" + offset, 31 * key.hashCode() + Objects.hashCode(bucket));
    if (bucket == null) {
      erasures++;
      ofUsers.remove(key);
      return;
    }
    buckets++;
    Map<String, Lessons> learned = topic == Route.BY_USER ? ofUsers : ofModels;
    String learner = topic == Route.BY_USER ? key : Domains.modelName(bucket.getDomain());
    for (Feedback each : bucket.getFeedback()) {
      learned.merge(learner, Lessons.of(each), Lessons::plus);
    }
    for (Retraction each : bucket.getRetractions()) {
      retractions++;
      // Reward models cannot unlearn.
      if (topic == Route.BY_USER) {
        learned.merge(learner, Lessons.less(each), Lessons::plus);
      }
    }
  }

  /** A record of attune.models. */
  void manifest(String key, @Nullable ModelVersion manifest) {
    if (ModelKeys.isHistory(key)) {
      if (manifest != null) {
        String weights = manifest.getWeights().getSha256();
        String before = versions.put(key, weights);
        republished += before != null && !before.equals(weights) ? 1 : 0;
      }
    } else if (manifest == null) {
      models.remove(key);
    } else {
      models.put(key, manifest);
    }
  }

  /** A record of attune.users. */
  void user(String key, @Nullable UserEmbedding state) {
    if (state == null) {
      users.remove(key);
    } else {
      users.put(key, state);
    }
  }

  /** What each reward model should have learned, by its name. */
  Map<String, Lessons> ofModels() {
    return ofModels;
  }

  /** What each user's state should have learned, those of erased users left out. */
  Map<String, Lessons> ofUsers() {
    return ofUsers;
  }

  /** The newest manifests. */
  Map<String, ModelVersion> models() {
    return models;
  }

  /** The weights of every version that was ever published, by the key of its history. */
  Map<String, String> versions() {
    return versions;
  }

  /** The newest states. */
  Map<String, UserEmbedding> users() {
    return users;
  }

  /** A hash of each record of the bucket topics, by its place. */
  Map<String, Integer> bucketHashes() {
    return bucketHashes;
  }

  long buckets() {
    return buckets;
  }

  long retractions() {
    return retractions;
  }

  long erasures() {
    return erasures;
  }

  /** Versions that were published again with other weights. */
  long republished() {
    return republished;
  }
}
