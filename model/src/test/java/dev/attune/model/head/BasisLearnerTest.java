package dev.attune.model.head;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BasisLearnerTest {
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void shouldFindTheDirectionInWhichUsersDiffer(long seed) {
    // Given: users who differ in the fourth of 40 features
    LinearUsers users = new LinearUsers(40, seed);
    List<List<FeaturePair>> seen = new ArrayList<>();
    for (int u = 0; u < 12; u++) {
      seen.add(users.comparisons(users.weights(0, 0, 0, u % 2 == 0 ? 4 : -4), 50));
    }

    // When
    HeadBasis basis = new BasisLearner(1, 0, 10, 200).learn(seen);

    // Then
    float[] direction = basis.directions().get(0);
    double squares = 0;
    for (float value : direction) {
      squares += (double) value * value;
    }
    assertThat(Math.abs(direction[3]) / Math.sqrt(squares)).isGreaterThan(0.85);
  }

  @Test
  void shouldScaleEachCoordinateToOneAndGiveRepliesABias() {
    // Given
    LinearUsers users = new LinearUsers(10, 4);
    List<FeaturePair> pairs = users.comparisons(users.weights(1, 1), 300);

    // When
    HeadBasis basis = new BasisLearner(2, 3, 10, 100).learn(List.of(pairs));

    // Then: one user spans one direction
    assertThat(basis.size()).isEqualTo(1 + 3 + 1);
    for (int k = 0; k < basis.size() - 1; k++) {
      int coordinate = k;
      double squares =
          pairs.stream().mapToDouble(p -> Math.pow(basis.difference(p)[coordinate], 2)).sum();
      assertThat(squares / pairs.size()).isCloseTo(1, within(1e-3));
    }
    FeaturePair pair = pairs.get(0);
    double[] preferred = basis.reply(pair.preferred());
    double[] other = basis.reply(pair.other());
    double[] difference = basis.difference(pair);
    assertThat(preferred[basis.size() - 1]).isEqualTo(1);
    for (int k = 0; k < basis.size(); k++) {
      assertThat(difference[k]).isCloseTo(preferred[k] - other[k], within(1e-4));
    }
  }

  @Test
  void shouldGiveTheSameBasisForTheSameUsers() {
    // Given
    LinearUsers users = new LinearUsers(10, 5);
    List<List<FeaturePair>> seen = List.of(users.comparisons(users.weights(1, 1), 100));
    HeadBasis first = BasisLearner.DEFAULT.learn(seen);

    // When
    HeadBasis second = BasisLearner.DEFAULT.learn(seen);

    // Then
    assertThat(second.directions()).usingRecursiveComparison().isEqualTo(first.directions());
  }

  @Test
  void shouldRefuseToLearnFromNothing() {
    // Given no comparisons
    // When / Then
    assertThatThrownBy(() -> BasisLearner.DEFAULT.learn(List.of(List.of())))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("no comparisons");
  }
}
