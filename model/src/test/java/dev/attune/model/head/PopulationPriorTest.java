package dev.attune.model.head;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PopulationPriorTest {
  @Test
  void shouldFindTheMeanAndTheSpreadOfTheUsersSeen() {
    // Given: users around 1 with a deviation of 2 along the first axis; none along the second, and
    // nothing said of the third
    Random random = new Random(1);
    List<List<Observation>> users = new ArrayList<>();
    for (int u = 0; u < 60; u++) {
      double weight = 1 + 2 * random.nextGaussian();
      List<Observation> comparisons = new ArrayList<>();
      for (int n = 0; n < 60; n++) {
        double[] x = {random.nextGaussian(), random.nextGaussian(), 0};
        double sign = random.nextDouble() < GaussianWeights.sigmoid(weight * x[0]) ? 1 : -1;
        comparisons.add(Observation.preferred(new double[] {sign * x[0], sign * x[1], 0}));
      }
      users.add(comparisons);
    }

    // When
    GaussianWeights prior = new PopulationPrior(1, 2, 0, 20).fit(3, users);

    // Then
    assertThat((double) prior.mean()[0]).isCloseTo(1, within(0.6));
    assertThat((double) prior.mean()[1]).isCloseTo(0, within(0.2));
    double[][] covariance = prior.matrix();
    assertThat(covariance[0][0]).isBetween(2.0, 6.0);
    assertThat(covariance[1][1]).isLessThan(0.3);
    assertThat(covariance[2][2]).isCloseTo(1, within(0.01));
  }

  @Test
  void shouldBeThePriorVarianceWhereNobodyWasSeen() {
    // Given no users
    // When
    GaussianWeights prior = new PopulationPrior(2, 4, 0, 3).fit(2, List.of());

    // Then
    assertThat(prior).isEqualTo(GaussianWeights.independent(2, 2));
  }

  @Test
  void shouldLearnWhatTheOffsetLeaves() {
    // Given: choices that the offset explains, which is twice the first coordinate
    Random random = new Random(1);
    List<List<Observation>> told = new ArrayList<>();
    List<List<Observation>> untold = new ArrayList<>();
    for (int u = 0; u < 40; u++) {
      List<Observation> with = new ArrayList<>();
      List<Observation> without = new ArrayList<>();
      for (int n = 0; n < 40; n++) {
        double[] x = {random.nextGaussian(), random.nextGaussian()};
        double target = random.nextDouble() < GaussianWeights.sigmoid(2 * x[0]) ? 1 : 0;
        with.add(new Observation(x, 2 * x[0], target, 1));
        without.add(new Observation(x, 0, target, 1));
      }
      told.add(with);
      untold.add(without);
    }

    // When
    GaussianWeights rest = PopulationPrior.DEFAULT.fit(2, told);

    // Then
    assertThat((double) rest.mean()[0]).isCloseTo(0, within(0.3));
    assertThat((double) PopulationPrior.DEFAULT.fit(2, untold).mean()[0]).isGreaterThan(1.5);
  }

  @Test
  void shouldStayNearZeroWhereFewUsersWereSeen() {
    // Given one user with a clear taste
    Random random = new Random(1);
    List<Observation> user = new ArrayList<>();
    for (int n = 0; n < 100; n++) {
      user.add(Observation.preferred(new double[] {Math.abs(random.nextGaussian())}));
    }

    // When
    GaussianWeights prior = new PopulationPrior(1, 4, 4, 10).fit(1, List.of(user));

    // Then
    double theirs = new PopulationPrior(1, 4, 0, 10).fit(1, List.of(user)).mean()[0];
    assertThat(theirs).isGreaterThan(2);
    assertThat((double) prior.mean()[0]).isBetween(0.0, theirs / 4);
  }
}
