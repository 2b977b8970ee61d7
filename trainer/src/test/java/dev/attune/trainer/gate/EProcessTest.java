package dev.attune.trainer.gate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.SplittableRandom;
import java.util.function.ToDoubleFunction;
import org.junit.jupiter.api.Test;

class EProcessTest {
  private static final double MARGIN = 0.1;
  private static final double BOUND = 2;
  private static final double ALPHA = 0.05;

  @Test
  void shouldRarelyFindWhatIsNotThereWheneverOneLooks() {
    // Given: numbers whose mean is exactly the margin, in shapes that tempt: two points, skewed,
    // and narrow
    ToDoubleFunction<SplittableRandom> twoPoints =
        r -> r.nextDouble() < (BOUND + MARGIN) / (2 * BOUND) ? BOUND : -BOUND;
    ToDoubleFunction<SplittableRandom> skewed = r -> r.nextDouble() < 0.05 ? BOUND : 0;
    ToDoubleFunction<SplittableRandom> narrow = r -> MARGIN + r.nextDouble(-0.2, 0.2);

    // When
    List<Double> found = List.of(share(twoPoints, 300), share(skewed, 300), share(narrow, 300));

    // Then: looked at after each number, the largest counts
    assertThat(found).allMatch(share -> share <= ALPHA);
  }

  @Test
  void shouldFindACandidateThatIsWorse() {
    // Given: a mean of half a nat, with the spread that log-losses have
    ToDoubleFunction<SplittableRandom> worse = r -> 0.5 + r.nextDouble(-1, 1);

    // When
    double found = share(worse, 96);

    // Then
    assertThat(found).isGreaterThan(0.95);
  }

  @Test
  void shouldKeepItsLargestEvidence() {
    // Given
    EProcess process = new EProcess(MARGIN, BOUND);
    for (int i = 0; i < 20; i++) {
      process.add(1);
    }
    double before = process.evidence();

    // When
    process.add(-BOUND);

    // Then
    assertThat(before).isGreaterThan(20);
    assertThat(process.evidence()).isEqualTo(before);
  }

  @Test
  void shouldStayFiniteHoweverLong() {
    // Given
    EProcess process = new EProcess(0, 1);

    // When
    for (int i = 0; i < 10_000; i++) {
      process.add(1e9);
    }

    // Then
    assertThat(process.evidence()).isFinite().isGreaterThan(1e100);
  }

  @Test
  void shouldRefuseWhatItCannotBetOn() {
    // Given
    EProcess process = new EProcess(0, 1);

    // When / Then
    assertThatThrownBy(() -> process.add(Double.NaN)).hasMessage("x is not a number");
    assertThatThrownBy(() -> new EProcess(1, 1))
        .hasMessageContaining("allowed is |margin| < bound");
  }

  /** In what share of 2000 sequences the evidence ever reaches 1/α. */
  private static double share(ToDoubleFunction<SplittableRandom> numbers, int length) {
    SplittableRandom random = new SplittableRandom(1);
    int found = 0;
    for (int run = 0; run < 2000; run++) {
      EProcess process = new EProcess(MARGIN, BOUND);
      for (int i = 0; i < length; i++) {
        process.add(numbers.applyAsDouble(random));
      }
      found += process.evidence() >= 1 / ALPHA ? 1 : 0;
    }
    return found / 2000.0;
  }
}
