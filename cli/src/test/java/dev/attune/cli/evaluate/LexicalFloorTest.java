package dev.attune.cli.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class LexicalFloorTest {
  private static final List<String> TOPICS =
      List.of("rain", "bread", "trains", "music", "gardens", "stars", "rivers", "clocks");

  @Test
  void shouldLearnWhichWordsArePreferred() {
    // Given
    List<PreferredText> pairs = new ArrayList<>();
    for (String topic : TOPICS) {
      pairs.add(
          new PreferredText(
              "The evidence on " + topic + " is clear.", "The gossip on " + topic + " is funny."));
    }
    // When
    LexicalFloor floor = LexicalFloor.train(pairs);
    // Then
    assertThat(floor.accuracy(pairs).value()).isEqualTo(1);
    assertThat(floor.score("clear evidence")).isGreaterThan(floor.score("funny gossip"));
  }

  @Test
  void shouldLearnThatLengthIsPreferred() {
    // Given
    List<PreferredText> pairs = new ArrayList<>();
    for (int i = 1; i < 20; i++) {
      pairs.add(new PreferredText("word ".repeat(3 * i), "word ".repeat(i)));
    }
    // When
    LexicalFloor floor = LexicalFloor.train(pairs);
    // Then
    assertThat(floor.score("unseen text that is rather long"))
        .isGreaterThan(floor.score("unseen text"));
  }

  @Test
  void shouldNotDependOnTheOrderOfThePairs() {
    // Given
    List<PreferredText> pairs = new ArrayList<>();
    for (String topic : TOPICS) {
      pairs.add(new PreferredText("About " + topic, "Against all " + topic));
    }
    List<PreferredText> reversed = new ArrayList<>(pairs);
    java.util.Collections.reverse(reversed);
    // When
    double score = LexicalFloor.train(reversed).score("About rain");
    // Then
    assertThat(score).isCloseTo(LexicalFloor.train(pairs).score("About rain"), within(1e-9));
  }

  @Test
  void shouldCountEqualScoresAsHalf() {
    // Given equal and unequal scores
    // When
    PairAccuracy accuracy = PairAccuracy.of(new double[] {1, 1, 0, 2}, 0);
    // Then
    assertThat(accuracy).isEqualTo(new PairAccuracy(1.5, 3));
    assertThat(PairAccuracy.NONE.value()).isNaN();
  }

  @Test
  void shouldMeasureHowFarProbabilitiesAreOff() {
    // Given rewards that say .88 while one of two pairs is right
    CalibrationError error = new CalibrationError();
    error.add(2, 0);
    error.add(0, 2);
    // When
    double value = error.value();
    // Then
    assertThat(value).isCloseTo(1 / (1 + Math.exp(-2)) - 0.5, within(1e-12));
  }
}
