package dev.attune.model.reward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.attune.model.reward.OfflineTraining.Event;
import java.util.List;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OfflineTrainingTest extends RewardTestBase {
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void shouldLearnInEpochs(long seed) {
    // Given
    List<Event> events = events(seed);
    int steps = OfflineTraining.steps(events.size(), 8, config(8, 0, 0, seed));
    try (OnlineRewardLearner learner = learner(steps, seed);
        RewardScorer scorer = new RewardScorer(base)) {

      // When
      OfflineTraining.run(learner, events, steps, seed);

      // Then
      assertThat(learner.counts().steps()).isEqualTo(steps).isEqualTo(80);
      try (ResidentModel model = scorer.load(learner.weights())) {
        assertThat(accuracy(scorer, model, "pooled", golden(100, seed + 100))).isGreaterThan(0.8);
      }
    }
  }

  @Test
  void shouldDependOnTheSeedAlone() {
    // Given
    try (OnlineRewardLearner one = learner(12, 1);
        OnlineRewardLearner same = learner(12, 1);
        OnlineRewardLearner other = learner(12, 1)) {
      OfflineTraining.run(one, events(1), 12, 5);
      OfflineTraining.run(other, events(1), 12, 6);

      // When
      OfflineTraining.run(same, events(1), 12, 5);

      // Then
      assertThat(same.weights().sha256()).isEqualTo(one.weights().sha256());
      assertThat(other.weights().sha256()).isNotEqualTo(one.weights().sha256());
    }
  }

  @Test
  void shouldEndWhereItsThreadIsInterrupted() {
    // Given
    try (OnlineRewardLearner learner = learner(12, 1)) {
      Thread.currentThread().interrupt();

      // When
      assertThatThrownBy(() -> OfflineTraining.run(learner, events(1), 12, 1))
          // Then
          .isInstanceOf(CancellationException.class);
      assertThat(Thread.interrupted()).isTrue();
    }
  }

  private static OnlineRewardLearner learner(int steps, long seed) {
    return OnlineRewardLearner.customized(base, config(8, 0, 0, seed).planned(steps), null, null);
  }

  private static List<Event> events(long seed) {
    return golden(80, seed).stream().map(e -> new Event(RewardWeights.POOLED, e)).toList();
  }
}
