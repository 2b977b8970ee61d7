package dev.attune.model.reward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ActivationCheckpointingTest extends RewardTestBase {
  @ParameterizedTest
  @CsvSource({"0, 0", "0.5, 0", "0.5, 0.2"})
  void shouldLearnWhatIsLearnedWithoutIt(double imitation, double dropout) {
    // Given
    Map<String, RewardWeights.Parameter> kept = learn(imitation, dropout, false, 1);

    // When
    Map<String, RewardWeights.Parameter> computedAgain = learn(imitation, dropout, true, 1);

    // Then
    assertThat(distance(kept, computedAgain)).isLessThan(1e-4);
    assertThat(distance(kept, learn(imitation, dropout, false, 2))).isGreaterThan(1e-2);
  }

  @Test
  void shouldDropTheSameInputsForTheSameSeed() {
    // Given
    Map<String, RewardWeights.Parameter> first = learn(0, 0.2, false, 1);

    // When
    Map<String, RewardWeights.Parameter> second = learn(0, 0.2, false, 1);

    // Then
    assertThat(distance(first, second)).isCloseTo(0, within(0.0));
    assertThat(distance(first, learn(0, 0, false, 1))).isGreaterThan(1e-2);
  }

  private static Map<String, RewardWeights.Parameter> learn(
      double imitation, double dropout, boolean checkpointing, long seed) {
    OnlineConfig plain = config(4, 1, imitation, seed);
    OptimizerConfig o = plain.optimizer();
    OptimizerConfig optimizer =
        new OptimizerConfig(
            o.learningRate(),
            o.weightDecay(),
            o.beta1(),
            o.beta2(),
            o.clip(),
            o.warmUpSteps(),
            o.decaySteps(),
            0,
            o.average(),
            dropout,
            checkpointing);
    try (OnlineRewardLearner learner = OnlineRewardLearner.general(base, plain.with(optimizer))) {
      learner.accept("helpful", golden(20, seed));
      return learner.weights().parameters();
    }
  }

  private static double distance(
      Map<String, RewardWeights.Parameter> a, Map<String, RewardWeights.Parameter> b) {
    double most = 0;
    for (String name : a.keySet()) {
      float[] x = a.get(name).values();
      float[] y = b.get(name).values();
      for (int i = 0; i < x.length; i++) {
        most = Math.max(most, Math.abs(x[i] - (double) y[i]));
      }
    }
    return most;
  }
}
