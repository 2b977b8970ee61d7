package dev.attune.trainer.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.attune.schemas.Topics;
import dev.attune.schemas.events.PreferenceBucket;
import dev.attune.trainer.core.TrainerException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.StringSerializer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class GroupMemberTest {
  private static final String TOPIC = Topics.BUCKETS_BY_USER.name();
  private static final TopicPartition FIRST = new TopicPartition(TOPIC, 0);
  private static final TopicPartition SECOND = new TopicPartition(TOPIC, 1);

  private final MockConsumer<String, PreferenceBucket> consumer = new MockConsumer<>("none");
  private final CountDownLatch stop = new CountDownLatch(1);
  private final List<String> told = new ArrayList<>();
  private @Nullable RuntimeException failure;
  private Runnable handOver = () -> {};
  private int recovered;
  private int attempts;
  private int polls;
  private final GroupMember member =
      new GroupMember(
          consumer,
          Topics.BUCKETS_BY_USER,
          stop,
          () -> recovered++,
          new Owner(),
          Duration.ofMillis(1));

  private final class Owner implements GroupMember.Owner {
    @Override
    public void takeUp(Collection<TopicPartition> partitions) {
      told.add("take up " + partitions);
      if (failure != null) {
        throw failure;
      }
      partitions.forEach(partition -> consumer.seek(partition, 0));
    }

    @Override
    public void handOver(Collection<TopicPartition> partitions) {
      told.add("hand over " + partitions);
      handOver.run();
    }

    @Override
    public void drop(Collection<TopicPartition> partitions) {
      told.add("drop " + partitions);
    }
  }

  @BeforeEach
  void join() {
    member.join();
  }

  @Test
  void shouldDropAndJoinAnewAfterAFailureThatPasses() {
    // Given
    assign(List.of(FIRST, SECOND));

    // When
    member.orDrop(
        List.of(FIRST),
        () -> {
          throw new TimeoutException("a commit");
        });

    // Then
    assertThat(told).containsExactly("take up " + List.of(FIRST, SECOND), "drop " + List.of(FIRST));
    assertThat(member.leaving()).isTrue();
    assertThat(recovered).isEqualTo(1);
    assertThat(member.stays()).isTrue();
    assertThat(member.leaving()).isFalse();
    assertThat(consumer.subscription()).containsExactly(TOPIC);
  }

  @Test
  void shouldNotPollWithoutASubscriptionWhereItIsStoppedMeanwhile() {
    // Given
    member.leave();
    stop.countDown();

    // When
    boolean stays = member.stays();

    // Then
    assertThat(stays).isFalse();
    assertThat(consumer.subscription()).isEmpty();
  }

  @Test
  void shouldThrowAfterThePollWhatItsOwnerThrew() {
    // Given
    failure = new TrainerException("a topic is another");

    // When
    Throwable thrown = catchThrowable(() -> assign(List.of(FIRST)));

    // Then
    assertThat(thrown).isSameAs(failure);
    told.clear();
    consumer.rebalance(List.of());
    assertThat(told)
        .as("nothing is committed after a failure")
        .containsExactly("drop [" + FIRST + "]");
  }

  @Test
  void shouldJoinAnewWhereTakingUpFailsAndTheFailurePasses() {
    // Given
    failure = new TimeoutException("reading back");

    // When
    assign(List.of(FIRST));

    // Then
    assertThat(member.leaving()).isTrue();
    assertThat(recovered).isEqualTo(1);
  }

  @Test
  void shouldHandOverBeforeItDrops() {
    // Given
    assign(List.of(FIRST, SECOND));
    told.clear();

    // When
    consumer.rebalance(List.of(SECOND));

    // Then
    assertThat(told).startsWith("hand over [" + FIRST + "]", "drop [" + FIRST + "]");
  }

  @Test
  void shouldSayThatBucketsAreGone() {
    // Given
    assign(List.of(FIRST));
    consumer.setPollException(new OffsetOutOfRangeException(Map.of(FIRST, 7L)));

    // When
    Throwable thrown = catchThrowable(() -> member.poll(Duration.ZERO, record -> {}));

    // Then
    assertThat(thrown)
        .isInstanceOf(TrainerException.class)
        .hasMessageContaining("gone")
        .hasMessageContaining(FIRST.toString());
  }

  @Test
  void shouldFetchNothingMoreOfWhatIsFull() {
    // Given
    assign(List.of(FIRST, SECOND));

    // When
    member.regulate(List.of(FIRST, SECOND), SECOND::equals);

    // Then
    assertThat(consumer.paused()).containsExactly(SECOND);
    member.regulate(List.of(FIRST, SECOND), partition -> false);
    assertThat(consumer.paused()).isEmpty();
  }

  @Test
  void shouldCommitAgainWhereTheGroupHasMovedOn() {
    // Given
    MockProducer<String, String> producer = producer();

    // When
    boolean committed =
        member.transact(producer, () -> commitAtThe(3, producer), () -> true, () -> polls++);

    // Then
    assertThat(committed).isTrue();
    assertThat(attempts).isEqualTo(3);
    assertThat(polls).isEqualTo(2);
    assertThat(producer.transactionCommitted()).isTrue();
    assertThat(recovered).isZero();
    assertThat(member.leaving()).isFalse();
  }

  @Test
  void shouldLeaveToItsNewOwnerWhatItCouldNotCommit() {
    // Given
    MockProducer<String, String> producer = producer();

    // When
    boolean committed =
        member.transact(producer, () -> commitAtThe(2, producer), () -> false, () -> polls++);

    // Then
    assertThat(committed).isFalse();
    assertThat(attempts).isEqualTo(1);
    assertThat(producer.transactionAborted()).isTrue();
  }

  @Test
  void shouldNotPollWhileItHandsOver() {
    // Given
    MockProducer<String, String> producer = producer();
    assign(List.of(FIRST));
    handOver =
        () -> member.transact(producer, () -> commitAtThe(2, producer), () -> true, () -> polls++);

    // When
    consumer.rebalance(List.of());

    // Then
    assertThat(polls).isZero();
    assertThat(member.leaving()).isTrue();
  }

  private static MockProducer<String, String> producer() {
    MockProducer<String, String> producer =
        new MockProducer<>(true, null, new StringSerializer(), new StringSerializer());
    producer.initTransactions();
    return producer;
  }

  private void commitAtThe(int attempt, MockProducer<String, String> producer) {
    producer.beginTransaction();
    attempts++;
    if (attempts < attempt) {
      throw new CommitFailedException("another generation");
    }
    producer.commitTransaction();
  }

  /** As the consumer does it: while it is polled. */
  private void assign(List<TopicPartition> partitions) {
    consumer.schedulePollTask(() -> consumer.rebalance(partitions));
    member.poll(Duration.ZERO, record -> {});
  }
}
