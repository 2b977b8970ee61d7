package dev.attune.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.cli.demo.Prequential.Accuracies;
import dev.attune.cli.evaluate.PairAccuracy;
import java.util.List;
import org.junit.jupiter.api.Test;

class PrequentialTest {
  private final Prequential prequential = new Prequential();

  @Test
  void shouldCountOnlyTheLastHalfAndOnlyDomainsWithAModelOfTheirOwn() {
    // Given
    add(1, "science", 0);
    add(2, "science", 0);
    add(3, "general", 0);
    add(4, "science", 1);
    add(5, "poetry", 1);
    add(6, "general", 0);
    // When
    Accuracies accuracies = prequential.lastHalf();
    // Then
    assertThat(accuracies.customized()).isEqualTo(new PairAccuracy(2, 2));
    assertThat(accuracies.longer().value()).isEqualTo(0.5);
    assertThat(prequential.lastHalfByDomain()).containsOnlyKeys("general", "poetry", "science");
  }

  @Test
  void shouldDrawTheAccuracyOverTime() {
    // Given
    for (int second = 0; second < 10; second++) {
      add(second, "comedy", second < 5 ? 0 : 1);
    }
    // When
    List<Prequential.Point> curve = prequential.curve(2);
    // Then
    assertThat(curve).extracting(Prequential.Point::customized).containsExactly(0.0, 1.0);
  }

  @Test
  void shouldKnowNothingBeforeTheFirstChoice() {
    // Given nothing
    // When
    Accuracies accuracies = prequential.lastHalf();
    // Then
    assertThat(accuracies.customized().value()).isNaN();
    assertThat(prequential.curve(5)).isEmpty();
  }

  private void add(double seconds, String domain, double right) {
    prequential.add(
        new Outcome(
            seconds,
            domain,
            new PairAccuracy(0.5, 1),
            new PairAccuracy(0, 1),
            new PairAccuracy(right, 1),
            new PairAccuracy(1, 1)));
  }
}
