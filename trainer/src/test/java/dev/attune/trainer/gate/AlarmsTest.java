package dev.attune.trainer.gate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.model.reward.EncodedDialogue;
import dev.attune.model.reward.EncodedExample;
import dev.attune.model.reward.EncodedReply;
import dev.attune.model.reward.LearnedBatch;
import dev.attune.model.reward.Prediction;
import dev.attune.model.reward.PreferenceExample.Judgement;
import dev.attune.model.reward.PreferenceExample.Pair;
import dev.attune.schemas.events.GateDecision;
import dev.attune.schemas.events.GateVerdict;
import java.util.List;
import org.junit.jupiter.api.Test;

class AlarmsTest {
  private final Alarms alarms = new Alarms();

  @Test
  void shouldBeQuietWhileAModelLearns() {
    // Given
    alarms.published(true);
    alarms.decided(verdict(GateDecision.UNDECIDED));

    // When
    learn(10, 0.3, 1, true);

    // Then
    assertThat(alarms.raised()).hasSize(5).doesNotContainValue(true);
  }

  @Test
  void shouldNoticeStepsWithoutAGradient() {
    // Given
    learn(4, 0, 1, true);

    // When
    learn(1, 0, 1, true);

    // Then
    assertThat(alarms.raised()).containsEntry(Alarms.ZERO_GRADIENT, true);
  }

  @Test
  void shouldStopWhenTheContraryIsSeen() {
    // Given
    learn(5, 0, 0, true);

    // When
    learn(1, 0.1, 1, true);

    // Then
    assertThat(alarms.raised()).doesNotContainValue(true);
  }

  @Test
  void shouldNoticeStepsThatAreLeftOut() {
    // Given: a batch without anything to learn is none of them
    learn(4, Double.NaN, 1, false);
    alarms.learned(new LearnedBatch(List.of(), Double.NaN, false));
    boolean before = alarms.raised().get(Alarms.NOT_FINITE);

    // When
    learn(1, Double.NaN, 1, false);

    // Then
    assertThat(before).isFalse();
    assertThat(alarms.raised()).containsEntry(Alarms.NOT_FINITE, true);
  }

  @Test
  void shouldNoticeConstantRewards() {
    // Given: judgements say nothing about it
    learn(4, 0.1, 0, true);
    Prediction judged = prediction(List.of(), List.of(new Judgement(0, true, 1)), 0);
    alarms.learned(new LearnedBatch(List.of(judged), 0.1, true));
    boolean before = alarms.raised().get(Alarms.CONSTANT_REWARDS);

    // When
    learn(1, 0.1, 0, true);

    // Then
    assertThat(before).isFalse();
    assertThat(alarms.raised()).containsEntry(Alarms.CONSTANT_REWARDS, true);
  }

  @Test
  void shouldNoticeAPublicationOfTheSameWeights() {
    // Given
    alarms.published(true);

    // When
    alarms.published(false);

    // Then
    assertThat(alarms.raised()).containsEntry(Alarms.UNCHANGED_WEIGHTS, true);
  }

  @Test
  void shouldRingWhileTheGateRefuses() {
    // Given
    alarms.decided(verdict(GateDecision.FELL_BACK));

    // When
    alarms.decided(verdict(GateDecision.UNDECIDED));

    // Then
    assertThat(alarms.raised()).containsEntry(Alarms.REFUSED, true);
  }

  @Test
  void shouldStopAfterAPublication() {
    // Given
    alarms.decided(verdict(GateDecision.REFUSED));

    // When
    alarms.decided(verdict(GateDecision.PUBLISHED));

    // Then
    assertThat(alarms.raised()).containsEntry(Alarms.REFUSED, false);
  }

  @Test
  void shouldGoOnFromItsState() {
    // Given
    learn(4, 0, 0, true);
    alarms.published(false);
    Alarms restored = Alarms.restore(alarms.toBytes());

    // When
    restored.learned(new LearnedBatch(List.of(pair(0)), 0, true));

    // Then
    assertThat(restored.raised())
        .containsEntry(Alarms.ZERO_GRADIENT, true)
        .containsEntry(Alarms.CONSTANT_REWARDS, true)
        .containsEntry(Alarms.UNCHANGED_WEIGHTS, true)
        .containsEntry(Alarms.NOT_FINITE, false);
  }

  private void learn(int batches, double gradientNorm, double logOdds, boolean applied) {
    for (int i = 0; i < batches; i++) {
      alarms.learned(new LearnedBatch(List.of(pair(logOdds)), gradientNorm, applied));
    }
  }

  private static Prediction pair(double logOdds) {
    return prediction(List.of(Pair.of(0, 1)), List.of(), logOdds);
  }

  private static Prediction prediction(
      List<Pair> pairs, List<Judgement> judgements, double logOdds) {
    EncodedReply reply = new EncodedReply(new int[] {1}, 4);
    EncodedDialogue dialogue = new EncodedDialogue(new int[] {1}, List.of(reply, reply));
    return new Prediction(
        new EncodedExample("pooled", 1, false, dialogue, pairs, judgements),
        new double[] {logOdds},
        new double[] {logOdds});
  }

  private static GateVerdict verdict(GateDecision decision) {
    return GateVerdict.newBuilder().setDecision(decision).setEvents(1).build();
  }
}
