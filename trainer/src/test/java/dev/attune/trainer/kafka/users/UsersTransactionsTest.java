package dev.attune.trainer.kafka.users;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.attune.platform.store.DiskStore;
import dev.attune.schemas.Topics;
import dev.attune.schemas.events.PreferenceBucket;
import dev.attune.schemas.events.UserEmbedding;
import dev.attune.trainer.kafka.GroupMember;
import dev.attune.trainer.users.MapUserStore;
import dev.attune.trainer.users.Tally;
import dev.attune.trainer.users.UserPartition;
import dev.attune.trainer.users.UsersNote;
import dev.attune.trainer.users.UsersStart;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.StringSerializer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UsersTransactionsTest {
  private static final Instant TIME = Instant.ofEpochSecond(7);
  private static final long EPOCH = 3;

  @TempDir Path dir;
  private final List<String> told = new ArrayList<>();
  private final Map<OwnedUsers, UserPartition.Batch> committed = new HashMap<>();
  private final List<OwnedUsers> owned = new ArrayList<>();
  private final List<DiskStore> disks = new ArrayList<>();
  private final Timer duration = new SimpleMeterRegistry().timer("commit");
  private final MockConsumer<String, PreferenceBucket> consumer = new MockConsumer<>("none");
  private final GroupMember group =
      new GroupMember(
          consumer,
          Topics.BUCKETS_BY_USER,
          new CountDownLatch(1),
          () -> told.add("recovered"),
          new Owner());
  private final UsersTransactions transactions = new UsersTransactions(group, duration);
  private OwnedUsers first;
  private OwnedUsers second;
  private Runnable onPoll = () -> {};

  private final class Owner implements GroupMember.Owner {
    @Override
    public void takeUp(Collection<TopicPartition> partitions) {}

    @Override
    public void drop(Collection<TopicPartition> partitions) {
      told.add("drop " + partitions);
    }
  }

  /** Fails once where it is told to. */
  private static final class FailingProducer extends MockProducer<String, SpecificRecord> {
    private @Nullable RuntimeException failure;
    private @Nullable CountDownLatch committing;

    FailingProducer() {
      super(true, null, new StringSerializer(), (topic, value) -> new byte[0]);
      initTransactions();
    }

    @Override
    public void sendOffsetsToTransaction(
        Map<TopicPartition, OffsetAndMetadata> offsets, ConsumerGroupMetadata metadata) {
      RuntimeException thrown = failure;
      failure = null;
      if (thrown != null) {
        throw thrown;
      }
      super.sendOffsetsToTransaction(offsets, metadata);
    }

    @Override
    public void commitTransaction() {
      CountDownLatch others = committing;
      if (others != null) {
        others.countDown();
        try {
          assertThat(others.await(60, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
          throw new IllegalStateException(e);
        }
      }
      super.commitTransaction();
    }
  }

  @BeforeEach
  void join() {
    group.join();
    first = partition(0);
    second = partition(1);
    owned.addAll(List.of(first, second));
  }

  @AfterEach
  void close() {
    transactions.close();
    disks.forEach(DiskStore::close);
  }

  @Test
  void shouldCommitStatesWithTheOffsetAndWhatBelongsToIt() {
    // Given
    UserPartition.Batch batch = batch("ann");

    // When
    transactions.begin(first, batch, Optional.empty(), EPOCH);
    end();

    // Then
    assertThat(committed).containsExactly(Map.entry(first, batch));
    assertThat(producer(first).history())
        .singleElement()
        .satisfies(
            record -> {
              assertThat(record.topic()).isEqualTo(Topics.USERS.name());
              assertThat(record.partition()).isZero();
              assertThat(record.key()).isEqualTo("ann");
            });
    OffsetAndMetadata offset = offset(first);
    assertThat(offset.offset()).isEqualTo(5);
    assertThat(UsersNote.decode(offset.metadata()))
        .contains(new UsersNote("buckets-id", "users-id", 4, TIME, EPOCH));
    assertThat(duration.count()).isEqualTo(1);
  }

  @Test
  void shouldCommitAllPartitionsAtTheSameTime() {
    // Given
    CountDownLatch committing = new CountDownLatch(2);
    producer(first).committing = committing;
    producer(second).committing = committing;

    // When
    beginBoth();
    end();

    // Then
    assertThat(committed).containsOnlyKeys(first, second);
  }

  @Test
  void shouldMakeOnlyTheOneAgainThatTheGroupHasMovedPast() {
    // Given
    producer(first).failure = new CommitFailedException("another generation");
    onPoll = () -> told.add("poll");

    // When
    beginBoth();
    end();

    // Then
    assertThat(told).containsExactly("poll");
    assertThat(committed).containsOnlyKeys(first, second);
    assertThat(producer(first).history()).hasSize(1);
    assertThat(producer(first).commitCount()).isEqualTo(1);
    assertThat(producer(second).commitCount()).isEqualTo(1);
  }

  @Test
  void shouldPassOverAPartitionThatWasTakenMeanwhile() {
    // Given
    producer(first).failure = new CommitFailedException("another generation");
    onPoll = () -> owned.remove(second);

    // When
    beginBoth();
    end();

    // Then
    assertThat(committed).containsOnlyKeys(first);
  }

  @Test
  void shouldCommitNothingOfAPartitionThatTheGroupGaveAway() {
    // Given
    producer(first).failure = new CommitFailedException("another generation");
    onPoll = () -> owned.remove(first);

    // When
    beginBoth();
    end();

    // Then
    assertThat(committed).containsOnlyKeys(second);
    assertThat(producer(first).history()).isEmpty();
    assertThat(producer(first).commitCount()).isZero();
  }

  @Test
  void shouldDropOnlyThePartitionWhoseTransactionFailed() {
    // Given
    producer(first).failure = new TimeoutException("no answer");

    // When
    beginBoth();
    end();

    // Then
    assertThat(told).containsExactly("recovered", "drop " + List.of(first.topicPartition()));
    assertThat(group.leaving()).isTrue();
    assertThat(committed).containsOnlyKeys(second);
  }

  @Test
  void shouldThrowWhatDoesNotPass() {
    // Given
    InvalidTopicException failure = new InvalidTopicException("no such topic");
    producer(first).failure = failure;
    beginBoth();

    // When
    Throwable thrown = catchThrowable(this::end);

    // Then
    assertThat(thrown).isSameAs(failure);
  }

  @Test
  void shouldWriteNothingWhereNothingChanged() {
    // Given
    UserPartition.Batch passedOver = new UserPartition.Batch(Map.of(), TIME, 5, 4, new Tally());

    // When
    transactions.begin(first, passedOver, Optional.empty(), EPOCH);
    end();

    // Then
    assertThat(committed).containsExactly(Map.entry(first, passedOver));
    assertThat(producer(first).commitCount()).isZero();
  }

  private void beginBoth() {
    transactions.begin(first, batch("ann"), Optional.empty(), EPOCH);
    transactions.begin(second, batch("bob"), Optional.empty(), EPOCH);
  }

  private void end() {
    transactions.end(owned::contains, () -> onPoll.run(), committed::put);
  }

  private OwnedUsers partition(int number) {
    DiskStore disk = DiskStore.open(dir.resolve("users-" + number), DiskStore.LEAST_MEMORY);
    disks.add(disk);
    return new OwnedUsers(
        new TopicPartition(Topics.BUCKETS_BY_USER.name(), number),
        "buckets-id",
        "users-id",
        new FailingProducer(),
        disk,
        new UserPartition(new MapUserStore(), null, new UsersStart(0, 0, TIME)));
  }

  private static UserPartition.Batch batch(String user) {
    UserEmbedding state =
        UserEmbedding.newBuilder()
            .setUserId(user)
            .setEpoch(EPOCH)
            .setHeadMean(List.of())
            .setHeadCovariance(List.of())
            .setRow(List.of())
            .setOptimiserState(List.of())
            .setReferences(List.of())
            .setRowReferences(List.of())
            .build();
    return new UserPartition.Batch(Map.of(user, state), TIME, 5, 4, new Tally());
  }

  private static FailingProducer producer(OwnedUsers partition) {
    return (FailingProducer) partition.producer();
  }

  /** Where the partition's group offset was set last. */
  private static OffsetAndMetadata offset(OwnedUsers partition) {
    List<Map<String, Map<TopicPartition, OffsetAndMetadata>>> offsets =
        producer(partition).consumerGroupOffsetsHistory();
    return offsets
        .get(offsets.size() - 1)
        .values()
        .iterator()
        .next()
        .get(partition.topicPartition());
  }
}
