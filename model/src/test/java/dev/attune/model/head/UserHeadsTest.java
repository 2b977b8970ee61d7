package dev.attune.model.head;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class UserHeadsTest {
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void shouldServeAMinorityAfterAFewEventsAndTheMajorityByThePrior(long seed) {
    // Given: a basis and a prior from users of whom most like one direction
    LinearUsers users = new LinearUsers(30, seed);
    double[] major = users.weights(3, 0.5);
    double[] minor = users.weights(-3, 0.5);
    List<List<FeaturePair>> seen = new ArrayList<>();
    for (int u = 0; u < 10; u++) {
      seen.add(users.comparisons(u < 7 ? major : minor, 60));
    }
    HeadBasis basis = new BasisLearner(4, 4, 10, 200).learn(seen);
    List<List<Observation>> coordinates =
        seen.stream()
            .map(user -> user.stream().map(basis::difference).map(Observation::preferred).toList())
            .toList();
    UserHeads heads = new UserHeads(PopulationPrior.DEFAULT.fit(basis.size(), coordinates));
    List<FeaturePair> test = users.comparisons(minor, 300);

    // When
    double before = LinearUsers.accuracy(heads.head("new"), basis, test);
    for (FeaturePair pair : users.comparisons(minor, 16)) {
      heads.learn("new", basis.difference(pair), 0, 1);
    }
    double after = LinearUsers.accuracy(heads.head("new"), basis, test);

    // Then
    assertThat(before).isLessThan(0.4);
    assertThat(after).isGreaterThan(0.75);
    assertThat(LinearUsers.accuracy(heads.generic(), basis, users.comparisons(major, 300)))
        .isGreaterThan(0.75);
  }

  @Test
  void shouldForgetARemovedUserAndNobodyElse() {
    // Given
    UserHeads heads = new UserHeads(GaussianWeights.independent(2, 1));
    UserHead other = heads.learn("other", new double[] {1, 0}, 0, 1);
    heads.learn("leaving", new double[] {1, 0}, 0, 0);

    // When
    heads.remove("leaving");

    // Then
    assertThat(heads.users()).containsExactly("other");
    assertThat(heads.head("leaving")).isEqualTo(heads.generic());
    assertThat(heads.head("other")).isEqualTo(other);
    assertThat(other.events()).isEqualTo(1);
  }

  @Test
  void shouldLearnNothingFromATieOfEqualsButBecomeSurer() {
    // Given
    UserHead head = new UserHeads(GaussianWeights.independent(2, 1)).generic();

    // When
    UserHead after = head.learn(new double[] {1, 0}, 0, 0.5);

    // Then
    assertThat(after.weights().mean()).containsExactly(0, 0);
    assertThat(after.reward(new double[] {1, 0}, 0).variance()).isLessThan(0.9);
  }

  @Test
  void shouldExplainWhatTheOffsetExplainsAlready() {
    // Given
    UserHead head = new UserHeads(GaussianWeights.independent(2, 1)).generic();
    double[] x = {1, 0};

    // When
    UserHead expected = head.learn(x, 5, 1);
    UserHead surprised = head.learn(x, -5, 1);

    // Then
    assertThat(expected.weights().score(x)).isLessThan(0.01);
    assertThat(surprised.weights().score(x)).isGreaterThan(0.9);
    assertThat(surprised.reward(x, 0).probability()).isBetween(0.6, 0.75);
  }

  @Test
  void shouldLearnTheBiasFromJudgementsAlone() {
    // Given: the last coordinate is 1 for a judged reply and 0 for a comparison
    UserHeads heads = new UserHeads(GaussianWeights.independent(2, 1));

    // When
    for (int i = 0; i < 20; i++) {
      heads.learn("critic", new double[] {i % 2 == 0 ? 1 : -1, 1}, 0, 0);
      heads.learn("chooser", new double[] {1, 0}, 0, 1);
    }

    // Then
    assertThat(heads.head("critic").weights().mean()[1]).isLessThan(-1);
    assertThat((double) heads.head("critic").weights().mean()[0]).isCloseTo(0, within(0.3));
    assertThat(heads.head("chooser").weights().mean()[1]).isZero();
  }

  @Test
  void shouldRefuseAHeadOfAnotherBasis() {
    // Given
    UserHeads heads = new UserHeads(GaussianWeights.independent(2, 1));
    UserHead foreign = new UserHead(GaussianWeights.independent(3, 1), 0);

    // When / Then
    assertThatThrownBy(() -> heads.put("user", foreign))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("3 weights");
  }
}
