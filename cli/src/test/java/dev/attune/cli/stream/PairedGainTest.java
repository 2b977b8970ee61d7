package dev.attune.cli.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class PairedGainTest {
  @Test
  void shouldBoundTheMeanDifferenceFromBelow() {
    // Given: of four users with one choice each, one gains a choice and nobody loses one
    PairedGain gain = new PairedGain();
    gain.add("a", 1, -1);
    gain.add("b", 1, 1);
    gain.add("c", -1, -1);

    // When
    gain.add("d", 0, 0);

    // Then: the variance of 1, 0, 0, 0 is 1/4, that of their mean 1/16
    assertThat(gain.mean()).isEqualTo(0.25);
    assertThat(gain.lowerBound()).isCloseTo(0.25 - 1.6449 * 0.25, within(1e-4));
  }

  @Test
  void shouldCountManyChoicesOfOneUserAsLittleMoreThanOne() {
    // Given
    PairedGain single = new PairedGain();
    PairedGain repeated = new PairedGain();
    for (int user = 0; user < 10; user++) {
      int better = user < 6 ? 1 : -1;
      single.add("u" + user, better, -better);
      for (int i = 0; i < 100; i++) {
        repeated.add("u" + user, better, -better);
      }
    }

    // When
    double bound = repeated.lowerBound();

    // Then
    assertThat(bound).isCloseTo(single.lowerBound(), within(1e-12));
    assertThat(bound).isNegative();
  }

  @Test
  void shouldKnowNothingOfNoChoices() {
    // Given
    PairedGain gain = new PairedGain();

    // When
    Double mean = gain.json().get("mean");

    // Then
    assertThat(mean).isNull();
  }
}
