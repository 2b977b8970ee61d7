package dev.attune.trainer.core;

import dev.attune.model.reward.LearnerCounts;
import dev.attune.schemas.events.PreferenceBucket;
import java.util.Map;

/**
 * Learns one reward model. What it learns is a function of the buckets and their order only, so
 * that {@link #state()} of a restored learner that is given the same buckets has the same bytes.
 *
 * <p>Confined to one thread at a time.
 */
public interface RewardLearner extends AutoCloseable {

  /**
   * Learns from a bucket's comparisons and judgements, or keeps them until a batch is full.
   *
   * @param head the reward head that they belong to
   */
  void accept(String head, PreferenceBucket bucket);

  /** What a scorer loads. */
  byte[] weights();

  /** What a learner goes on from: pending events and random state included. */
  byte[] state();

  LearnerCounts counts();

  /** Measurements on events before they were learned from; empty where there are none yet. */
  Map<String, Double> metrics();

  @Override
  void close();
}
