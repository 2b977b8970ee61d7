package dev.attune.trainer.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.attune.model.policy.UserEvent;
import dev.attune.schemas.events.Feedback;
import dev.attune.schemas.events.PreferenceBucket;
import dev.attune.schemas.events.Reply;
import dev.attune.schemas.events.Retraction;
import dev.attune.schemas.events.RewardComponents;
import dev.attune.trainer.core.Buckets;
import dev.attune.trainer.core.TrainerException;
import java.util.List;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class PolicyTrainingTest {
  private static final PolicyTraining.Settings SETTINGS =
      new PolicyTraining.Settings(new EpochSchedule(8, 8), 12, 6, 1);

  /** A record of a partition. */
  private record Sent(int partition, long offset, @Nullable PreferenceBucket bucket) {
    void to(PolicyTraining training) {
      training.accept(partition, offset, "user-" + partition, bucket);
    }
  }

  @Test
  void shouldBeTheSameHoweverPartitionsAreInterleaved() {
    // Given
    List<Sent> first =
        List.of(sent(0, 0), sent(0, 1), retraction(0, 2, 1000), new Sent(0, 3, null), sent(0, 4));
    List<Sent> second = List.of(sent(1, 0), sent(1, 1), sent(1, 2), retraction(1, 3, 2001));
    PolicyTraining after = new PolicyTraining(SETTINGS);
    first.forEach(one -> one.to(after));
    second.forEach(one -> one.to(after));
    PolicyTraining before = new PolicyTraining(SETTINGS);

    // When
    second.forEach(one -> one.to(before));
    first.forEach(one -> one.to(before));

    // Then
    assertThat(before.toBytes()).isEqualTo(after.toBytes());
    assertThat(before.positions()).containsEntry(0, 5L).containsEntry(1, 4L);
    assertThat(before.counts()).isEqualTo(new PolicyCounts(18, 18, 0));
  }

  @Test
  void shouldGoOnFromItsBytes() {
    // Given
    PolicyTraining training = new PolicyTraining(SETTINGS);
    sent(0, 0).to(training);
    sent(1, 0).to(training);
    sent(0, 1).to(training);
    training.decided();
    sent(1, 1).to(training);

    // When
    PolicyTraining restored = PolicyTraining.restore(SETTINGS, training.toBytes());

    // Then
    assertThat(restored.toBytes()).isEqualTo(training.toBytes());
    assertThat(restored.sample().events()).isEqualTo(training.sample().events());
    assertThat(restored.epochDue()).isEqualTo(training.epochDue()).isFalse();
    assertThat(restored.sinceDecision()).isEqualTo(3);
    assertThat(restored.uncommitted()).isFalse();
  }

  @Test
  void shouldBeDueAtItsNumbersOfEvents() {
    // Given
    PolicyTraining training = new PolicyTraining(SETTINGS);
    sent(0, 0).to(training);
    sent(0, 1).to(training);
    boolean early = training.epochDue();

    // When
    sent(0, 2).to(training);
    boolean due = training.epochDue();
    training.decided();

    // Then
    assertThat(early).isFalse();
    assertThat(due).isTrue();
    assertThat(training.epochDue()).isFalse();
  }

  @Test
  void shouldSayWhenSomethingWasTakenOutThatMustNotStay() {
    // Given
    PolicyTraining training = new PolicyTraining(SETTINGS);
    sent(0, 0).to(training);
    training.committed();
    new Sent(1, 0, null).to(training);
    boolean ofNobody = training.taken();

    // When
    new Sent(0, 1, null).to(training);

    // Then
    assertThat(ofNobody).isFalse();
    assertThat(training.taken()).isTrue();
    assertThat(training.sample().size()).isZero();
  }

  @Test
  void shouldKeepWhatTheDomainsRewardHasSaid() {
    // Given
    Feedback feedback = Buckets.feedback("law", 1);
    feedback.setReplies(
        List.of(
            new Reply("a", "A.", null, 0, 2.5, new RewardComponents(2.25, null, null, null)),
            new Reply("a#edit", "A!", null, -1, null, null)));
    PolicyTraining training = new PolicyTraining(SETTINGS);

    // When
    training.accept(0, 0, "u", Buckets.with("law", 0, List.of(feedback)));

    // Then
    UserEvent event = training.sample().events().get(0).event();
    assertThat(event.served()).containsExactly(OptionalDouble.of(2.25), OptionalDouble.empty());
    assertThat(event.offset(event.event().pairs().get(0))).isZero();
  }

  @Test
  void shouldRefuseOtherBytes() {
    assertThatThrownBy(() -> PolicyTraining.restore(SETTINGS, new byte[] {1, 2, 3, 4}))
        .isInstanceOf(TrainerException.class)
        .hasMessageContaining("the state of the policy");
  }

  private static Sent sent(int partition, long offset) {
    PreferenceBucket bucket = Buckets.of("law", offset + partition, 3);
    bucket.setUserId("user-" + partition);
    bucket.setSourcePartition(partition);
    return new Sent(partition, offset, bucket);
  }

  private static Sent retraction(int partition, long offset, long event) {
    PreferenceBucket bucket = Buckets.empty("law", offset);
    bucket.setUserId("user-" + partition);
    bucket.setSourcePartition(partition);
    bucket.setRetractions(List.of(new Retraction("e", 0, 1, event, 1, 0)));
    return new Sent(partition, offset, bucket);
  }
}
