package dev.attune.trainer.core;

import dev.attune.model.engine.Precision;
import dev.attune.model.lm.BaseModel;
import dev.attune.model.lm.Progress;
import dev.attune.model.lm.Stage1;
import dev.attune.model.lm.Stage1Config;
import dev.attune.model.reward.OnlineConfig;
import dev.attune.model.reward.OptimizerConfig;
import dev.attune.model.reward.Pooling;
import dev.attune.model.reward.RewardModelConfig;
import dev.attune.model.text.Turn;
import dev.attune.schemas.events.Comparison;
import dev.attune.schemas.events.Feedback;
import dev.attune.schemas.events.PreferenceBucket;
import dev.attune.schemas.events.Reply;
import dev.attune.trainer.gate.GateConfig;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * A taste that a tiny base learns within some dozens of events: replies with gold are preferred.
 */
final class GoldStream {
  static final int EVENTS = 4;
  static final int USERS = 40;
  private static final List<String> WORDS =
      List.of("lead", "river", "stone", "quick", "slow", "moon", "salt", "paper", "wind");
  private static final Instant TIME = Instant.ofEpochSecond(1_700_000_000);

  private GoldStream() {}

  /** Trains a base of its own; the caller closes it. */
  static BaseModel base(Path folder) {
    Random random = new Random(1);
    List<List<Turn>> dialogues = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      dialogues.add(
          List.of(
              new Turn("user", sentence(random, 3)),
              new Turn("assistant", sentence(random, 5) + " gold")));
    }
    Stage1Config config = new Stage1Config(320, 32, 64, 2, 2, 128, 32, 4, 40, 0.02, 3e-3, 1);
    Stage1.train(dialogues, config, Precision.FP32, folder, Progress.NONE);
    return BaseModel.load(folder, Precision.FP32);
  }

  /** Steps of four events. */
  static OnlineConfig learning() {
    return new OnlineConfig(
        new RewardModelConfig(4, 8, Pooling.MEAN, false, 32, 32),
        new OptimizerConfig(3e-3, 0.01, 0.9, 0.98, 1, 3, 1000, 0, 0.9, 0, false),
        0,
        false,
        4,
        100_000,
        1,
        1,
        100,
        64,
        0,
        0,
        0,
        0,
        128,
        1);
  }

  /** The default gate for a shorter stream. */
  static RewardsConfig rewards() {
    return new RewardsConfig(
        true,
        new GateConfig(24, 1.0 / 16, 96, 8, 0.005, 0.02, 0.05, 0.05, 2, 8, 64, 32, 2),
        2,
        8,
        1);
  }

  /**
   * A bucket of one user.
   *
   * @param flipped whether the other reply is preferred
   */
  static PreferenceBucket bucket(String domain, long sequence, boolean flipped) {
    Random random = new Random(domain.hashCode() * 31L + sequence);
    List<Feedback> feedback = new ArrayList<>();
    for (int i = 0; i < EVENTS; i++) {
      feedback.add(
          Feedback.newBuilder()
              .setEventId(domain + sequence + "-" + i)
              .setOffset(sequence * EVENTS + i)
              .setOccurredAt(TIME)
              .setPrompt(List.of(new dev.attune.schemas.events.Turn("user", sentence(random, 3))))
              .setReplies(
                  List.of(
                      new Reply("a", sentence(random, 5), null, 0, null, null),
                      new Reply("b", sentence(random, 4) + " gold", null, 1, null, null)))
              .setComparisons(
                  List.of(new Comparison(flipped ? 0 : 1, flipped ? 1 : 0, 1f, 0f, false)))
              .setJudgements(List.of())
              .build());
    }
    PreferenceBucket bucket = Buckets.with(domain, sequence, feedback);
    bucket.setUserId(user(sequence));
    return bucket;
  }

  static String user(long sequence) {
    return "user-" + sequence % USERS;
  }

  private static String sentence(Random random, int words) {
    List<String> sentence = new ArrayList<>();
    for (int i = 0; i < words; i++) {
      sentence.add(WORDS.get(random.nextInt(WORDS.size())));
    }
    return String.join(" ", sentence);
  }
}
