package dev.attune.model.head;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class BasisChangeTest {
  private static final int FEATURES = 6;

  @Test
  void shouldKeepRewardsWhereTheNewBasisSpansTheOld() {
    // Given: two bases of one space with different scales, and a user who has learned
    LinearUsers users = new LinearUsers(FEATURES, 1);
    List<FeaturePair> sample = users.comparisons(users.weights(1), 200);
    HeadBasis from = basis(1, new float[][] {{1, 0, 0, 0, 0, 0}, {0, 1, 0, 0, 0, 0}});
    HeadBasis to =
        basis(2, new float[][] {{1, 1, 0, 0, 0, 0}, {1, -1, 0, 0, 0, 0}, {0, 0, 1, 0, 0, 0}});
    UserHeads heads = new UserHeads(GaussianWeights.independent(from.size(), 1));
    for (FeaturePair pair : users.comparisons(users.weights(2, -1), 30)) {
      heads.learn("user", from.difference(pair), 0, 1);
    }
    heads.learn("user", from.reply(sample.get(0).preferred()), 0, 0);
    GaussianWeights prior = GaussianWeights.independent(to.size(), 0.5);

    // When
    UserHeads carried = heads.carry(BasisChange.between(from, to, sample), prior);

    // Then
    for (FeaturePair pair : sample.subList(0, 20)) {
      UserHead.Reward before = heads.head("user").reward(from.difference(pair), 0);
      UserHead.Reward after = carried.head("user").reward(to.difference(pair), 0);
      assertThat(after.mean()).isCloseTo(before.mean(), within(1e-3));
      assertThat(after.variance()).isGreaterThan(before.variance() - 1e-3);
    }
    assertThat(carried.head("user").weights().mean()[3])
        .isCloseTo(heads.head("user").weights().mean()[2], within(1e-5f));
    assertThat(carried.head("user").events()).isEqualTo(31);
    assertThat(carried.head("nobody").weights()).isEqualTo(prior);
  }

  @Test
  void shouldGiveAUserWithoutEventsTheNewPrior() {
    // Given
    LinearUsers users = new LinearUsers(FEATURES, 2);
    HeadBasis from = basis(1, new float[][] {{1, 0, 0, 0, 0, 0}});
    HeadBasis to = basis(1, new float[][] {{1, 0, 0, 0, 0, 0}, {0, 0, 0, 1, 0, 0}});
    GaussianWeights old = GaussianWeights.independent(from.size(), 1);
    GaussianWeights prior =
        GaussianWeights.of(
            new double[] {0.5, -0.5, 0}, new double[][] {{2, 0, 0}, {0, 3, 0}, {0, 0, 1}});
    BasisChange change = BasisChange.between(from, to, users.comparisons(users.weights(1), 200));

    // When
    GaussianWeights carried = change.carry(old, old, prior);

    // Then
    assertThat(carried.mean()).containsExactly(prior.mean(), within(1e-5f));
    for (int i = 0; i < 3; i++) {
      assertThat(carried.matrix()[i]).containsExactly(prior.matrix()[i], within(1e-4));
    }
  }

  private static HeadBasis basis(float deviation, float[][] directions) {
    float[] mean = new float[FEATURES];
    float[] deviations = new float[FEATURES];
    Arrays.fill(mean, 10);
    Arrays.fill(deviations, deviation);
    return new HeadBasis(mean, deviations, List.of(directions));
  }
}
