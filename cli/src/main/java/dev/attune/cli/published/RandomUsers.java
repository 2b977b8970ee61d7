package dev.attune.cli.published;

import dev.attune.model.head.GaussianWeights;
import dev.attune.model.policy.Policy;
import dev.attune.schemas.events.Position;
import dev.attune.schemas.events.UserEmbedding;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;

/**
 * States of users under a policy whose heads and rows are random and differ between users and
 * revisions. Immutable.
 */
public final class RandomUsers {
  private static final double HEAD_VARIANCE = 0.5;

  private final Policy policy;
  private final long seed;

  /** Of a policy with rows; the same for the same seed. */
  public RandomUsers(Policy policy, long seed) {
    this.policy = policy;
    this.seed = seed;
  }

  /**
   * A user's state.
   *
   * @param revision also the number of events that head and row have learned from
   * @param included head and row include the feedback up to here
   */
  public UserEmbedding state(String userId, long revision, Position included) {
    Random random = new Random(Objects.hash(seed, userId, revision));
    GaussianWeights head = GaussianWeights.independent(policy.prior().size(), HEAD_VARIANCE);
    GaussianWeights row = Objects.requireNonNull(policy.rows(), "rows").prior();
    return UserEmbedding.newBuilder()
        .setUserId(userId)
        .setEpoch(policy.epoch())
        .setHeadMean(mean(head, random))
        .setHeadCovariance(list(head.covariance()))
        .setRow(mean(row, random))
        .setOptimiserState(list(row.covariance()))
        .setComparisons(revision)
        .setEvents(revision)
        .setRowEvents(revision)
        .setIncluded(included)
        .setRowIncluded(included)
        .setLastEventAt(Instant.EPOCH)
        .setReferences(List.of())
        .setRowReferences(List.of())
        .build();
  }

  /** Drawn from the belief, as if its weights were independent. */
  private static List<Float> mean(GaussianWeights belief, Random random) {
    double[][] covariance = belief.matrix();
    List<Float> mean = new ArrayList<>();
    for (int i = 0; i < covariance.length; i++) {
      mean.add((float) (Math.sqrt(covariance[i][i]) * random.nextGaussian()));
    }
    return mean;
  }

  private static List<Float> list(float[] values) {
    List<Float> list = new ArrayList<>(values.length);
    for (float value : values) {
      list.add(value);
    }
    return list;
  }
}
