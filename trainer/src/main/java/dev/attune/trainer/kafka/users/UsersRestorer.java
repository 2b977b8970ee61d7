package dev.attune.trainer.kafka.users;

import dev.attune.platform.store.DiskStore;
import dev.attune.schemas.Topics;
import dev.attune.schemas.events.UserEmbedding;
import dev.attune.trainer.core.TrainerException;
import dev.attune.trainer.kafka.Brokers;
import dev.attune.trainer.kafka.TrainerClients;
import dev.attune.trainer.users.UserPartition;
import dev.attune.trainer.users.UsersNote;
import dev.attune.trainer.users.UsersStart;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes partitions up: fences their earlier owners, reads their users' committed states back into a
 * store on disk and seeks to the offset that was committed with them. Confined to the polling
 * thread.
 */
final class UsersRestorer {
  private static final Logger LOG = LoggerFactory.getLogger(UsersRestorer.class);
  private static final Duration POLL = Duration.ofMillis(100);

  /** Longer than a transaction can stay open. */
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private final UsersSettings settings;
  private final TrainerClients clients;
  private final Brokers brokers;

  UsersRestorer(UsersSettings settings, TrainerClients clients, Brokers brokers) {
    this.settings = settings;
    this.clients = clients;
    this.brokers = brokers;
  }

  /**
   * Takes partitions up, all or none.
   *
   * @param consumer is assigned the partitions; its positions are set
   */
  List<OwnedUsers> takeUp(Collection<TopicPartition> partitions, Consumer<String, ?> consumer) {
    Brokers.TopicInfo buckets = brokers.describe(Topics.BUCKETS_BY_USER.name());
    Brokers.TopicInfo users = brokers.describe(Topics.USERS.name());
    if (buckets.partitions() != users.partitions()) {
      throw new TrainerException(
          "%s has %d partitions and %s %d: a user's buckets and state must share theirs"
              .formatted(
                  Topics.BUCKETS_BY_USER.name(),
                  buckets.partitions(),
                  Topics.USERS.name(),
                  users.partitions()));
    }
    List<OwnedUsers> taken = new ArrayList<>();
    List<AutoCloseable> open = new ArrayList<>();
    try {
      Map<TopicPartition, Producer<String, SpecificRecord>> producers = new LinkedHashMap<>();
      for (TopicPartition partition : partitions) {
        Producer<String, SpecificRecord> producer = clients.transactional(partition.partition());
        open.add(() -> producer.close(Duration.ZERO));
        producers.put(partition, producer);
        producer.initTransactions();
      }
      // Only after the fences: nothing more of the earlier owners can be committed.
      Map<TopicPartition, OffsetAndMetadata> committed =
          consumer.committed(new HashSet<>(partitions));
      Map<TopicPartition, Long> beginnings = brokers.beginnings(partitions);
      Map<TopicPartition, Long> ends = brokers.ends(partitions);
      long memory = Math.max(DiskStore.LEAST_MEMORY, settings.memory() / buckets.partitions());
      for (TopicPartition partition : partitions) {
        DiskStore disk = DiskStore.open(folder(partition), memory);
        open.add(disk);
        disk.clear();
        long found = readBack(partition.partition(), disk);
        UsersStart start =
            UsersStart.decide(
                new UsersStart.Log(
                    buckets.id(),
                    users.id(),
                    partition.partition(),
                    beginnings.get(partition),
                    ends.get(partition)),
                group(committed.get(partition)),
                found);
        taken.add(
            new OwnedUsers(
                partition,
                buckets.id(),
                users.id(),
                producers.get(partition),
                disk,
                new UserPartition(
                    new DiskUserStore(disk), settings.expireAfter().orElse(null), start)));
        consumer.seek(partition, start.offset());
        LOG.atInfo()
            .addKeyValue("partition", partition.partition())
            .addKeyValue("offset", start.offset())
            .addKeyValue("rowOffset", start.rowPosition())
            .addKeyValue("users", found)
            .log("users taken up");
      }
      open.clear();
      return taken;
    } finally {
      open.forEach(UsersRestorer::close);
    }
  }

  /** Frees what a partition holds; an open transaction is aborted. */
  void release(OwnedUsers partition) {
    partition.producer().close(Duration.ofSeconds(5));
    partition.disk().close();
  }

  /** Returns how many users have a state. */
  private long readBack(int partition, DiskStore disk) {
    TopicPartition log = new TopicPartition(Topics.USERS.name(), partition);
    DiskUserStore store = new DiskUserStore(disk);
    try (Consumer<String, UserEmbedding> reader = clients.committed(Topics.USERS)) {
      reader.assign(List.of(log));
      reader.seekToBeginning(List.of(log));
      long end = brokers.ends(List.of(log)).get(log);
      long deadline = System.nanoTime() + PATIENCE.toNanos();
      while (reader.position(log) < end) {
        if (System.nanoTime() > deadline) {
          throw new TimeoutException("the end of " + log + " was not reached");
        }
        ConsumerRecords<String, UserEmbedding> records = reader.poll(POLL);
        Map<String, @Nullable UserEmbedding> states = new LinkedHashMap<>();
        for (ConsumerRecord<String, UserEmbedding> record : records) {
          states.put(record.key(), record.value());
        }
        if (!states.isEmpty()) {
          store.write(states);
          deadline = System.nanoTime() + PATIENCE.toNanos();
        }
      }
    }
    long[] users = new long[1];
    disk.forEach((user, state) -> users[0]++);
    return users[0];
  }

  private Path folder(TopicPartition partition) {
    return settings.stateDir().resolve("users-" + partition.partition());
  }

  private static Optional<UsersStart.GroupOffset> group(@Nullable OffsetAndMetadata committed) {
    return Optional.ofNullable(committed)
        .map(
            offset ->
                new UsersStart.GroupOffset(offset.offset(), UsersNote.decode(offset.metadata())));
  }

  private static void close(AutoCloseable resource) {
    try {
      resource.close();
    } catch (Exception e) {
      LOG.atWarn().setCause(e).log("a partition that could not be taken up was not freed");
    }
  }
}
