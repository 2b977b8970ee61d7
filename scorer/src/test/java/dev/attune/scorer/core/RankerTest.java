package dev.attune.scorer.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class RankerTest {
  @Test
  void shouldShareRanksAndCountTiesInTheNextOne() {
    // Given
    double[] rewards = {0.5, 2.0, 0.5, -1.0};

    // When
    int[] ranks = Ranker.ranks(rewards);

    // Then
    assertThat(ranks).containsExactly(2, 1, 2, 4);
  }

  @Test
  void shouldGiveTheProbabilityThatTheBestIsPreferred() {
    // Given
    double[] rewards = {1.0, 3.0, 3.0, -2000.0};

    // When
    double[] probabilities = Ranker.bestPreferred(rewards);

    // Then
    assertThat(probabilities[0]).isCloseTo(1 / (1 + Math.exp(-2)), within(1e-12));
    assertThat(probabilities[1]).isEqualTo(0.5);
    assertThat(probabilities[2]).isEqualTo(0.5);
    assertThat(probabilities[3]).isEqualTo(1.0);
  }
}
