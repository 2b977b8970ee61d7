package dev.attune.scorer.core;

import dev.attune.model.head.BasisChange;
import dev.attune.model.head.FeaturePair;
import dev.attune.model.head.GaussianWeights;
import dev.attune.model.head.HeadBasis;
import dev.attune.model.policy.EpochChange;
import dev.attune.model.policy.Policy;
import dev.attune.schemas.Topics;
import dev.attune.schemas.events.Position;
import dev.attune.schemas.events.UserEmbedding;
import java.util.ArrayList;
import java.util.List;

/**
 * Policies without a language model and users under them. A reply's features are its length and how
 * many z it has; in the first epoch they are its coordinates, in the second they are halved.
 */
public final class Policies {
  private static final GaussianWeights PRIOR = GaussianWeights.independent(3, 1);

  private Policies() {}

  /** Epoch 1: x = (length, number of z, 1). */
  public static Policy first() {
    return new Policy(1, FakeRewards.BASE, 64, 96, basis(1), PRIOR, null, null, List.of());
  }

  /** Epoch 2, to which states of the first are carried: x = (length/2, number of z/2, 1). */
  public static Policy second() {
    List<FeaturePair> sample = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      sample.add(new FeaturePair(new float[] {i % 7, i % 3}, new float[] {i % 5, (i + 1) % 4}));
    }
    BasisChange change = BasisChange.between(basis(1), basis(2), sample);
    return new Policy(
        2,
        FakeRewards.BASE,
        64,
        96,
        basis(2),
        GaussianWeights.independent(3, 4),
        null,
        null,
        List.of(new EpochChange(1, change, PRIOR, null)));
  }

  /** A user's published state who likes z so much, and of whose feedback so much is included. */
  public static UserEmbedding user(String userId, long epoch, double z, long offset) {
    float[] covariance = GaussianWeights.independent(3, 0.5).covariance();
    List<Float> packed = new ArrayList<>();
    for (float value : covariance) {
      packed.add(value);
    }
    Position included = new Position(Topics.PREFERENCES.name(), 0, offset);
    return UserEmbedding.newBuilder()
        .setUserId(userId)
        .setEpoch(epoch)
        .setHeadMean(List.of(0f, (float) z, 0f))
        .setHeadCovariance(packed)
        .setRow(List.of())
        .setOptimiserState(List.of())
        .setEvents(3)
        .setRowEvents(2)
        .setIncluded(included)
        .setRowIncluded(new Position(Topics.PREFERENCES.name(), 0, offset - 1))
        .setReferences(List.of())
        .setRowReferences(List.of())
        .build();
  }

  static float[] features(String reply) {
    return new float[] {reply.length(), reply.chars().filter(c -> c == 'z').count()};
  }

  private static HeadBasis basis(float deviation) {
    return new HeadBasis(
        new float[2],
        new float[] {deviation, deviation},
        List.of(new float[] {1, 0}, new float[] {0, 1}));
  }
}
