package dev.attune.cli.chaos;

import dev.attune.cli.published.FixedPolicy;
import dev.attune.cli.published.ModelPublisher;
import dev.attune.cli.published.RandomReward;
import dev.attune.cli.published.RandomUsers;
import dev.attune.cli.traffic.Place;
import dev.attune.cli.traffic.RecordSender;
import dev.attune.model.engine.Precision;
import dev.attune.model.head.Calibration;
import dev.attune.model.head.GaussianWeights;
import dev.attune.model.lm.BaseModel;
import dev.attune.model.personal.PersonalConfig;
import dev.attune.model.reward.RewardModelConfig;
import dev.attune.schemas.Domains;
import dev.attune.schemas.ModelKeys;
import dev.attune.schemas.Topics;
import dev.attune.schemas.events.Position;
import dev.attune.schemas.events.UserEmbedding;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/**
 * What the scorers answer from: a policy that stays as it is, and two reward models, a calibration
 * and users' states, of which new versions come while requests do. Every second user has a state.
 * Runs until it is stopped. Thread-safe.
 */
final class ScoreMaterial implements Callable<Void> {
  /** The domain whose rewards have the part of the personal policy. */
  static final String ROW_DOMAIN = "law";

  private static final String OWN = Domains.modelName(ROW_DOMAIN);
  private static final String CALIBRATION = ModelKeys.calibration(ROW_DOMAIN);

  /** What is renewed, in turns. */
  private static final List<String> MODELS = List.of(OWN, Domains.GENERAL, OWN, CALIBRATION);

  private static final int USERS_AT_A_TIME = 40;
  private static final long PAUSE_MILLIS = 3_000;

  private final long seed;
  private final Random random;
  private final FixedPolicy policy;
  private final RandomReward rewards;
  private final RandomUsers users;
  private final RecordSender sender;
  private final ModelPublisher models;
  private final Map<String, Long> versions = new HashMap<>();
  private final Map<String, Long> revisions = new HashMap<>();
  private volatile boolean stopped;

  /**
   * @param base folder of the base
   * @param sender used, not closed here
   */
  ScoreMaterial(Path base, long seed, RecordSender sender) {
    this.seed = seed;
    this.random = new Random(seed);
    this.sender = sender;
    try (BaseModel model = BaseModel.load(base, Precision.FP32)) {
      policy = FixedPolicy.of(model, PersonalConfig.defaults(), seed);
      rewards = RandomReward.over(model, RewardModelConfig.defaults());
    }
    users = new RandomUsers(policy.policy(), seed);
    models = new ModelPublisher(sender, policy.base(), Precision.FP32);
  }

  /** The base's sha-256. */
  String base() {
    return policy.base();
  }

  /** Whether a version of a model has been published, or is being. */
  synchronized boolean published(String model, long version) {
    return version >= 1 && version <= versions.getOrDefault(model, 0L);
  }

  /** Versions that were published, over all models, and states. */
  synchronized long renewals() {
    long all = 0;
    for (long each : versions.values()) {
      all += each;
    }
    for (long each : revisions.values()) {
      all += each;
    }
    return all;
  }

  /** Up to where the user's published state includes their feedback; null: there is none. */
  synchronized @Nullable Place included(String userId) {
    Long revision = revisions.get(userId);
    return revision == null ? null : place(userId, revision);
  }

  /** Publishes the first of everything and returns when the brokers have it. */
  void publish() {
    policy.publish(sender);
    for (String model : List.of(Domains.GENERAL, OWN, CALIBRATION)) {
      publishNext(model);
    }
    for (int i = 0; i < ScoreTraffic.USERS; i += 2) {
      publishNextState(ScoreTraffic.user(i));
    }
  }

  @Override
  public Void call() throws InterruptedException {
    for (int turn = 0; !stopped; turn++) {
      publishNext(MODELS.get(turn % MODELS.size()));
      for (int i = 0; i < USERS_AT_A_TIME; i++) {
        publishNextState(ScoreTraffic.user(2 * random.nextInt(ScoreTraffic.USERS / 2)));
      }
      Thread.sleep(PAUSE_MILLIS);
    }
    return null;
  }

  /** Has {@link #call} return. */
  void stop() {
    stopped = true;
  }

  private void publishNext(String model) {
    long version;
    synchronized (this) {
      version = versions.merge(model, 1L, Long::sum);
    }
    models.publish(model, version, bytes(model, version));
  }

  private byte[] bytes(String model, long version) {
    long own = 1_000_003 * seed + 31 * version + model.hashCode();
    if (!model.equals(CALIBRATION)) {
      return rewards.bytes(own);
    }
    double[] weights = {1, 1, 0.1 * (1 + version % 5)};
    double[][] covariance = GaussianWeights.independent(weights.length, 0.05).matrix();
    return new Calibration(GaussianWeights.of(weights, covariance), version).toBytes();
  }

  private void publishNextState(String userId) {
    long revision;
    synchronized (this) {
      revision = revisions.getOrDefault(userId, 0L) + 1;
    }
    Place place = place(userId, revision);
    UserEmbedding state =
        users.state(
            userId,
            revision,
            new Position(Topics.PREFERENCES.name(), place.partition(), place.offset()));
    sender.send(Topics.USERS, userId, state).join();
    synchronized (this) {
      revisions.put(userId, revision);
    }
  }

  /** As if each revision had learned from one more event. */
  private static Place place(String userId, long revision) {
    return new Place(BucketRecord.ofUser(userId, Topics.PREFERENCES.partitions()), revision);
  }
}
