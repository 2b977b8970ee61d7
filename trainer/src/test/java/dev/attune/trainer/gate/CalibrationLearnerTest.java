package dev.attune.trainer.gate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.model.reward.EncodedDialogue;
import dev.attune.model.reward.EncodedExample;
import dev.attune.model.reward.EncodedReply;
import dev.attune.model.reward.Prediction;
import dev.attune.model.reward.PreferenceExample.Pair;
import dev.attune.schemas.events.Comparison;
import dev.attune.schemas.events.Feedback;
import dev.attune.schemas.events.Reply;
import dev.attune.schemas.events.RewardComponents;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class CalibrationLearnerTest {
  @Test
  void shouldLearnFromThePartsThatWereServed() {
    // Given
    CalibrationLearner learner = new CalibrationLearner(8, 0.01);
    Feedback feedback = feedback(parts(1.0, 0.5, 0.25), parts(0.5, 1.0, 0.5));

    // When
    learner.observe(feedback);

    // Then
    CalibrationLearner same = new CalibrationLearner(8, 0.01);
    same.learn(0.5, -0.5, -0.25, 1, 2);
    assertThat(learner.calibration()).isEqualTo(same.calibration());
    assertThat(learner.calibration().events()).isEqualTo(1);
  }

  @Test
  void shouldTakeAPartThatOneLacksAsSayingNothing() {
    // Given
    CalibrationLearner learner = new CalibrationLearner(8, 0.01);

    // When
    learner.observe(feedback(parts(1.0, null, 0.25), parts(0.5, 1.0, null)));

    // Then
    CalibrationLearner same = new CalibrationLearner(8, 0.01);
    same.learn(0.5, 0, 0, 1, 2);
    assertThat(learner.calibration()).isEqualTo(same.calibration());
  }

  @Test
  void shouldPassOverWhatWasNotServedAsAWhole() {
    // Given: as after an edit, whose corrected text nobody has served
    CalibrationLearner learner = new CalibrationLearner(8, 0.01);
    Feedback feedback = feedback(parts(1.0, 0.5, 0.25), null);

    // When
    learner.observe(feedback);

    // Then
    assertThat(CalibrationLearner.served(feedback)).isFalse();
    assertThat(learner.calibration().events()).isZero();
  }

  @Test
  void shouldLearnTheDomainsPartOfWhatWasNotServed() {
    // Given
    CalibrationLearner learner = new CalibrationLearner(8, 0.01);
    learner.observe(prediction(2, true));

    // When
    learner.observe(prediction(0.5, false));

    // Then
    CalibrationLearner same = new CalibrationLearner(8, 0.01);
    same.learn(0.5, 0, 0, 0.5, 3);
    assertThat(learner.calibration()).isEqualTo(same.calibration());
  }

  @Test
  void shouldPublishWhenItHasMovedByCounts() {
    // Given: rewards that are twice too large
    CalibrationLearner learner = new CalibrationLearner(8, 0.05);
    List<Integer> published = new ArrayList<>();

    // When
    for (int i = 1; i <= 40; i++) {
      learner.learn(i % 3 == 0 ? -2 : 2, 0, 0, 1, 1);
      if (learner.publish()) {
        published.add(i);
      }
    }

    // Then
    assertThat(published).startsWith(8).allMatch(i -> i % 8 == 0).hasSizeBetween(1, 4);
  }

  @Test
  void shouldPublishNothingThatHasNotMoved() {
    // Given
    CalibrationLearner learner = new CalibrationLearner(1, 0.05);
    learner.learn(1, 0, 0, 1, 0);

    // When
    boolean publish = learner.publish();

    // Then
    assertThat(publish).isFalse();
  }

  @Test
  void shouldGoOnFromItsStateBitForBit() {
    // Given
    CalibrationLearner unbroken = new CalibrationLearner(2, 0.01);
    unbroken.learn(2, 1, -1, 1, 1);
    unbroken.learn(-2, 1, 1, 1, 1);
    unbroken.publish();
    CalibrationLearner restored = CalibrationLearner.restore(2, 0.01, unbroken.toBytes());
    unbroken.learn(1, 0, 0, 1, 1);

    // When
    restored.learn(1, 0, 0, 1, 1);

    // Then
    assertThat(restored.toBytes()).isEqualTo(unbroken.toBytes());
    assertThat(restored.publish()).isEqualTo(unbroken.publish());
  }

  private static RewardComponents parts(
      double domain, @Nullable Double head, @Nullable Double row) {
    return new RewardComponents(domain, head, null, row);
  }

  /** One of two replies is preferred, with weight 2. */
  private static Feedback feedback(RewardComponents preferred, @Nullable RewardComponents other) {
    return Feedback.newBuilder()
        .setEventId("e")
        .setOffset(0)
        .setOccurredAt(Instant.EPOCH)
        .setPrompt(List.of())
        .setReplies(
            List.of(
                new Reply("a", "a", null, 0, null, preferred),
                new Reply("b", "b", null, 1, null, other)))
        .setComparisons(List.of(new Comparison(0, 1, 2f, 0f, false)))
        .setJudgements(List.of())
        .build();
  }

  /** A tie of weight 3. */
  private static Prediction prediction(double logOdds, boolean served) {
    EncodedReply reply = new EncodedReply(new int[] {1}, 4);
    EncodedExample example =
        new EncodedExample(
            "pooled",
            1,
            served,
            new EncodedDialogue(new int[] {1}, List.of(reply, reply)),
            List.of(new Pair(0, 1, 3, 0, true)),
            List.of());
    return new Prediction(example, new double[] {logOdds}, new double[] {logOdds});
  }
}
