package dev.attune.model.personal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.attune.model.engine.Dictionary;
import dev.attune.model.engine.Tensors;
import dev.attune.model.engine.Torch;
import dev.attune.model.engine.TorchScript;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The loss script against the formulas, in plain arithmetic. */
class PersonalLossTest {
  private static final double BETA = 0.3;
  private static final double TAU = 0.7;
  private static final double SHIFT = 0.2;
  private static final float[] OUTCOMES = {1.5f, -0.5f, 0.25f, 2};

  @Test
  void shouldBeTheNegativeLogSigmoidOfTheDifference() {
    // Given
    float[] weight = {0.5f, 0.25f};
    float[] target = {1, 1};

    // When
    double loss = comparisons(target, new float[2], weight, false);

    // Then
    double expected = -0.5 * logSigmoid(BETA * 2) - 0.25 * logSigmoid(BETA * -1.75);
    assertThat(loss).isCloseTo(expected, within(1e-6));
  }

  @Test
  void shouldSmoothLabelsAndTakeTiesForHalf() {
    // Given
    float[] weight = {0.5f, 0.25f};
    float[] target = {0.9f, 0.5f};

    // When
    double loss = comparisons(target, new float[2], weight, false);

    // Then
    double first = 0.9 * logSigmoid(BETA * 2) + 0.1 * logSigmoid(BETA * -2);
    double second = 0.5 * logSigmoid(BETA * -1.75) + 0.5 * logSigmoid(BETA * 1.75);
    assertThat(loss).isCloseTo(-0.5 * first - 0.25 * second, within(1e-6));
  }

  @Test
  void shouldAskForTheMargin() {
    // Given
    float[] margin = {0.4f, 0};

    // When
    double loss = comparisons(new float[] {1, 1}, margin, new float[] {1, 0}, false);

    // Then
    assertThat(loss).isCloseTo(-logSigmoid(BETA * 2 - 0.4), within(1e-6));
  }

  @Test
  void shouldBeTheSquaredDistanceFromTheIpoTarget() {
    // Given
    float[] target = {1, 0.5f};

    // When
    double loss = comparisons(target, new float[2], new float[] {0.5f, 0.25f}, true);

    // Then
    double first = Math.pow(2 - 1 / (2 * TAU), 2);
    double second = Math.pow(-1.75, 2);
    assertThat(loss).isCloseTo(0.5 * first + 0.25 * second, within(1e-5));
  }

  @Test
  void shouldJudgeSingleRepliesByTheirRewardAboveTheShift() {
    // Given
    try (NDManager manager = Torch.newManager()) {
      Map<String, NDArray> batch = new HashMap<>();
      batch.put("judged", Tensors.of(manager, new long[] {0, 1}, 2));
      batch.put("judged_target", Tensors.of(manager, new float[] {1, 0.1f}, 2));
      batch.put("judged_weight", Tensors.of(manager, new float[] {0.5f, 2}, 2));

      // When
      double loss = loss(manager, batch, false);

      // Then
      double good = logSigmoid(BETA * 1.5 - SHIFT);
      double bad = 0.9 * logSigmoid(-(BETA * -0.5 - SHIFT)) + 0.1 * logSigmoid(BETA * -0.5 - SHIFT);
      assertThat(loss).isCloseTo(-0.5 * good - 2 * bad, within(1e-5));
    }
  }

  /** Compares the replies 0 with 1 and 2 with 3. */
  private static double comparisons(float[] target, float[] margin, float[] weight, boolean ipo) {
    try (NDManager manager = Torch.newManager()) {
      Map<String, NDArray> batch = new HashMap<>();
      batch.put("preferred", Tensors.of(manager, new long[] {0, 2}, 2));
      batch.put("other", Tensors.of(manager, new long[] {1, 3}, 2));
      batch.put("target", Tensors.of(manager, target, 2));
      batch.put("margin", Tensors.of(manager, margin, 2));
      batch.put("weight", Tensors.of(manager, weight, 2));
      return loss(manager, batch, ipo);
    }
  }

  private static double loss(NDManager manager, Map<String, NDArray> batch, boolean ipo) {
    try (Dictionary inputs = new Dictionary(batch)) {
      NDArray outcomes = Tensors.of(manager, OUTCOMES, OUTCOMES.length);
      return TorchScript.SHARED
          .infer(manager, "personal_loss", outcomes, inputs, ipo, BETA, TAU, SHIFT)
          .getFloat();
    }
  }

  private static double logSigmoid(double x) {
    return -Math.log1p(Math.exp(-x));
  }
}
