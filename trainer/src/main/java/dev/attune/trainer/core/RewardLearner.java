package dev.attune.trainer.core;

import dev.attune.model.reward.LearnedBatch;
import dev.attune.model.reward.LearnerCounts;
import dev.attune.schemas.events.PreferenceBucket;
import java.util.List;
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
   * @return the batches that were learned from, in order
   */
  List<LearnedBatch> accept(String head, PreferenceBucket bucket);

  /** What a scorer loads. */
  byte[] weights();

  /** What a learner goes on from: pending events and random state included. */
  byte[] state();

  LearnerCounts counts();

  /** Measurements on events before they were learned from; empty where there are none yet. */
  Map<String, Double> metrics();

  /**
   * Goes back to what an earlier state had learned. What is counted stays, and so do the events
   * that wait for their batch.
   *
   * @param earlier what {@link #state} gave
   */
  void fallBack(byte[] earlier);

  /** Multiplies the learning rate for so many steps. */
  void boost(double factor, int steps);

  /**
   * Drops a user's events from everything that is remembered or waits.
   *
   * @param user a {@link dev.attune.model.reward.UserKey}
   * @return how many there were
   */
  int forget(long user);

  @Override
  void close();
}
