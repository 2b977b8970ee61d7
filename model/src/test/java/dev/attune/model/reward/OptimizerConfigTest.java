package dev.attune.model.reward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class OptimizerConfigTest {
  private static final OptimizerConfig STREAM =
      new OptimizerConfig(1, 0, 0.9, 0.98, 1, 9, 100, 0, 0.99, 0, false);

  @Test
  void shouldFallWithTheRootOfTheStepsWhereNoEndIsKnown() {
    // Given a stream
    // When
    double late = STREAM.learningRate(400);

    // Then
    assertThat(STREAM.learningRate(1)).isCloseTo(0.1, within(1e-9));
    assertThat(STREAM.learningRate(10)).isCloseTo(1, within(1e-9));
    assertThat(STREAM.learningRate(100)).isCloseTo(1, within(1e-9));
    assertThat(late).isCloseTo(0.5, within(1e-9));
  }

  @Test
  void shouldFallToZeroByThePlannedEnd() {
    // Given
    OptimizerConfig planned = STREAM.planned(200);

    // When
    double last = planned.learningRate(200);

    // Then
    assertThat(planned.warmUpSteps()).isEqualTo(10);
    assertThat(planned.learningRate(5)).isCloseTo(5 / 11.0, within(1e-9));
    assertThat(planned.learningRate(60)).isCloseTo(1, within(1e-9));
    assertThat(planned.learningRate(131)).isCloseTo(0.5, within(1e-9));
    assertThat(last).isCloseTo(1 / 200.0 / 0.7, within(1e-9));
    assertThat(planned.learningRate(300)).isZero();
  }

  @Test
  void shouldAverageTheLastQuarterAtFirst() {
    // Given a stream
    // When
    double early = STREAM.average(4);

    // Then
    assertThat(early).isCloseTo(0.5, within(1e-9));
    assertThat(STREAM.average(10_000)).isCloseTo(0.99, within(1e-9));
    assertThat(STREAM.planned(10).average(10_000)).isZero();
  }

  @Test
  void shouldRefuseALearningRateOfZero() {
    // Given no learning
    // When / Then
    assertThatThrownBy(() -> new OptimizerConfig(0, 0, 0.9, 0.98, 1, 9, 100, 0, 0.99, 0, false))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("learningRate");
  }
}
