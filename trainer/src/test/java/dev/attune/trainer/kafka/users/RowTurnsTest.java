package dev.attune.trainer.kafka.users;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.attune.platform.store.DiskStore;
import dev.attune.schemas.Topics;
import dev.attune.schemas.events.PreferenceBucket;
import dev.attune.trainer.kafka.LearningThread;
import dev.attune.trainer.users.BucketRecord;
import dev.attune.trainer.users.FakePasses;
import dev.attune.trainer.users.MapUserStore;
import dev.attune.trainer.users.UserBuckets;
import dev.attune.trainer.users.UserPartition;
import dev.attune.trainer.users.UserTrainer;
import dev.attune.trainer.users.UserTrainers;
import dev.attune.trainer.users.UsersStart;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RowTurnsTest {
  private static final int BUCKETS = 6;

  @TempDir Path dir;
  private final MockConsumer<String, PreferenceBucket> consumer = new MockConsumer<>("none");
  private final LearningThread passes = new LearningThread("test", Duration.ofSeconds(1));
  private final Timer duration = new SimpleMeterRegistry().timer("ahead");
  private final List<DiskStore> disks = new ArrayList<>();
  private final UserTrainer trainer =
      new UserTrainers(FakePasses.loader(() -> {}), references -> Map.of(), 8, 100)
          .load(FakePasses.policy(1))
          .trainer();
  private OwnedUsers first;
  private OwnedUsers second;

  @BeforeEach
  void start() {
    first = partition(0);
    second = partition(1);
  }

  @AfterEach
  void stop() {
    passes.close();
    disks.forEach(DiskStore::close);
  }

  @Test
  void shouldGiveEachPartitionItsTurn() {
    // Given
    learnHeads(first, BUCKETS);
    learnHeads(second, BUCKETS);
    RowTurns turns = turns(false);

    // When
    List<Turn> next = turns.next();

    // Then
    assertThat(next).extracting(Turn::partition).containsExactly(first);
    assertThat(next.get(0).records()).extracting(BucketRecord::offset).startsWith(0L, 1L);
    assertThat(turns.next()).extracting(Turn::partition).containsExactly(second);
    assertThat(turns.next()).extracting(Turn::partition).containsExactly(first);
  }

  @Test
  void shouldNotPassTheHeads() {
    // Given
    learnHeads(first, 1);
    RowTurns turns = turns(false);

    // When
    List<Turn> next = turns.next();

    // Then
    assertThat(next)
        .singleElement()
        .satisfies(
            turn -> {
              assertThat(turn.partition()).isSameAs(first);
              assertThat(turn.records()).extracting(BucketRecord::offset).containsExactly(0L);
            });
  }

  @Test
  void shouldReadAheadForAllPartitionsInOnePass() {
    // Given
    learnHeads(first, BUCKETS);
    learnHeads(second, BUCKETS);
    RowTurns turns = turns(true);

    // When
    turns.readAhead(trainer);

    // Then
    List<Turn> read = new ArrayList<>();
    await()
        .until(
            () -> {
              read.addAll(turns.next());
              return !read.isEmpty();
            });
    assertThat(read).extracting(Turn::partition).containsExactly(first, second);
    assertThat(read).allSatisfy(turn -> assertThat(turn.records()).hasSize(BUCKETS));
    assertThat(duration.count()).isEqualTo(1);
    assertThat(turns.next()).as("once").isEmpty();
  }

  @Test
  void shouldReadAgainWhatWasForgotten() {
    // Given
    learnHeads(first, BUCKETS);
    RowTurns turns = turns(true);
    turns.readAhead(trainer);

    // When
    turns.forget(() -> {});

    // Then
    assertThat(turns.next()).isEmpty();
    turns.readAhead(trainer);
    await().until(() -> duration.count() == 2);
  }

  /** Turns of both partitions, whose records have been fetched. */
  private RowTurns turns(boolean together) {
    RowTurns turns = new RowTurns(new RowReader(consumer), passes, together, duration);
    Map<TopicPartition, Long> beginnings = new HashMap<>();
    beginnings.put(first.topicPartition(), 0L);
    beginnings.put(second.topicPartition(), 0L);
    consumer.updateBeginningOffsets(beginnings);
    turns.own(List.of(first, second));
    for (OwnedUsers partition : List.of(first, second)) {
      for (BucketRecord record : log(partition)) {
        consumer.addRecord(
            new ConsumerRecord<>(
                partition.topicPartition().topic(),
                partition.topicPartition().partition(),
                record.offset(),
                record.userId(),
                record.bucket()));
      }
    }
    turns.fetch();
    return turns;
  }

  private void learnHeads(OwnedUsers partition, int buckets) {
    partition.users().learnHeads(log(partition).subList(0, buckets), trainer, false);
  }

  /** Buckets of two events each. */
  private static List<BucketRecord> log(OwnedUsers partition) {
    String user = "user-" + partition.topicPartition().partition();
    List<BucketRecord> log = new ArrayList<>();
    for (int i = 0; i < BUCKETS; i++) {
      log.add(new BucketRecord(i, user, UserBuckets.of(user, 2L * i, 2L * i + 1)));
    }
    return log;
  }

  private OwnedUsers partition(int number) {
    DiskStore disk = DiskStore.open(dir.resolve("users-" + number), DiskStore.LEAST_MEMORY);
    disks.add(disk);
    return new OwnedUsers(
        new TopicPartition(Topics.BUCKETS_BY_USER.name(), number),
        "buckets-id",
        "users-id",
        new MockProducer<String, SpecificRecord>(
            true, null, new StringSerializer(), (topic, value) -> new byte[0]),
        disk,
        new UserPartition(new MapUserStore(), null, new UsersStart(0, 0, Instant.EPOCH)));
  }
}
