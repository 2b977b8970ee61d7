package dev.attune.model.reference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.attune.model.engine.Torch;
import dev.attune.model.reference.ReferenceLosses.Comparison;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The losses in the array library against the same in doubles. */
class ReferenceLossesTest {
  private static final float[] POLICY = {-11, -9.5f, -20, -24, -3, -3.25f};
  private static final float[] REFERENCE = {-10, -10, -21, -22, -3, -3};

  @Test
  void shouldComputeDpoWithSmoothing() {
    try (NDManager manager = Torch.newManager()) {
      // Given
      NDArray margins = ReferenceLosses.margins(manager.create(POLICY), manager.create(REFERENCE));

      // When
      double loss = ReferenceLosses.dpo(margins, .3, .1).getFloat();

      // Then
      double expected = 0;
      for (double delta : new double[] {-1.5, 3, .25}) {
        expected -= (.9 * logSigmoid(.3 * delta) + .1 * logSigmoid(-.3 * delta)) / 3;
      }
      assertThat(loss).isCloseTo(expected, within(1e-6));
    }
  }

  @Test
  void shouldComputeIpo() {
    try (NDManager manager = Torch.newManager()) {
      // Given
      NDArray margins = ReferenceLosses.margins(manager.create(POLICY), manager.create(REFERENCE));

      // When
      double loss = ReferenceLosses.ipo(margins, .25).getFloat();

      // Then: (delta - 2)^2
      assertThat(loss).isCloseTo((12.25 + 1 + 3.0625) / 3, within(1e-5));
    }
  }

  @Test
  void shouldComputeTheRankingLossWithTiesMarginsAndWeights() {
    try (NDManager manager = Torch.newManager()) {
      // Given
      NDArray rewards = manager.create(new float[] {.5f, -1, 2});
      List<Comparison> comparisons =
          List.of(new Comparison(0, 1, 2, .25f, false), new Comparison(2, 0, 1, 0, true));

      // When
      double loss = ReferenceLosses.ranking(rewards, comparisons).getFloat();

      // Then
      double tie = -.5 * logSigmoid(1.5) - .5 * logSigmoid(-1.5);
      assertThat(loss).isCloseTo((-2 * logSigmoid(1.25) + tie) / 3, within(1e-6));
    }
  }

  private static double logSigmoid(double x) {
    return -Math.log1p(Math.exp(-x));
  }
}
