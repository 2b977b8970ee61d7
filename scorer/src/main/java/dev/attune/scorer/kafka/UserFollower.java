package dev.attune.scorer.kafka;

import dev.attune.schemas.Topics;
import dev.attune.schemas.events.UserEmbedding;
import dev.attune.schemas.serde.WireFormatException;
import dev.attune.scorer.metrics.ScorerMetrics;
import dev.attune.scorer.users.UserStore;
import dev.attune.scorer.users.UserStore.Change;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.InvalidOffsetException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.Deserializer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads {@code attune.users} from its beginning and keeps the {@link UserStore} at each user's last
 * committed state. A record that is no state is logged and counted, and the user's state before it
 * stays. One thread.
 */
final class UserFollower implements KafkaTask {
  private static final Logger LOG = LoggerFactory.getLogger(UserFollower.class);
  private static final Duration POLL = Duration.ofMillis(200);
  private static final Duration METADATA = Duration.ofSeconds(30);

  private final Consumer<String, byte[]> consumer;
  private final Deserializer<UserEmbedding> deserializer;
  private final UserStore store;
  private final ScorerMetrics metrics;
  private final Map<TopicPartition, Long> positions;
  private boolean caughtUp;

  /**
   * @param positions what the store holds of each partition: the next offset; kept up to date, and
   *     outlives this follower, so that the next one goes on from there
   */
  UserFollower(
      Consumer<String, byte[]> consumer,
      Deserializer<UserEmbedding> deserializer,
      UserStore store,
      ScorerMetrics metrics,
      Map<TopicPartition, Long> positions) {
    this.consumer = consumer;
    this.deserializer = deserializer;
    this.store = store;
    this.metrics = metrics;
    this.positions = positions;
  }

  /** Reads the topic to where it ends now. */
  @Override
  public void open() {
    List<TopicPartition> partitions =
        consumer.partitionsFor(Topics.USERS.name(), METADATA).stream()
            .map(info -> new TopicPartition(info.topic(), info.partition()))
            .toList();
    consumer.assign(partitions);
    for (TopicPartition partition : partitions) {
      Long position = positions.get(partition);
      if (position == null) {
        consumer.seekToBeginning(List.of(partition));
      } else {
        consumer.seek(partition, position);
      }
    }
    Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
    while (ends.entrySet().stream()
        .anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
      read();
    }
    caughtUp = true;
    LOG.atInfo().addKeyValue("users", store.size()).log("users' states read");
  }

  @Override
  public boolean step() {
    read();
    return true;
  }

  @Override
  public void wakeup() {
    consumer.wakeup();
  }

  @Override
  public void close() {
    consumer.close();
  }

  private void read() {
    ConsumerRecords<String, byte[]> records;
    try {
      records = consumer.poll(POLL);
    } catch (InvalidOffsetException e) {
      // The topic was made anew, or cut: what is held may belong to users who left since.
      positions.clear();
      store.clear();
      throw e;
    }
    List<Change> changes = new ArrayList<>();
    for (ConsumerRecord<String, byte[]> record : records) {
      Change change = change(record);
      if (change != null) {
        changes.add(change);
      }
    }
    store.apply(changes);
    for (TopicPartition partition : records.partitions()) {
      List<ConsumerRecord<String, byte[]>> read = records.records(partition);
      positions.put(partition, read.get(read.size() - 1).offset() + 1);
    }
    if (caughtUp) {
      long now = System.currentTimeMillis();
      records.forEach(
          record -> metrics.userFollowed(Duration.ofMillis(Math.max(0, now - record.timestamp()))));
    }
  }

  private @Nullable Change change(ConsumerRecord<String, byte[]> record) {
    String userId = record.key();
    if (userId == null) {
      return reject(record, "key");
    }
    if (record.value() == null) {
      return new Change(userId, null);
    }
    try {
      UserEmbedding state =
          deserializer.deserialize(record.topic(), record.headers(), record.value());
      if (!state.getUserId().equals(userId)) {
        return reject(record, "key");
      }
      return UserStore.isState(state) ? new Change(userId, state) : reject(record, "numbers");
    } catch (WireFormatException e) {
      if (RegistryFaults.isOne(e)) {
        throw e;
      }
      return reject(record, "bytes");
    }
  }

  private @Nullable Change reject(ConsumerRecord<String, byte[]> record, String reason) {
    metrics.userRejected(reason);
    LOG.atError()
        .addKeyValue("partition", record.partition())
        .addKeyValue("offset", record.offset())
        .addKeyValue("reason", reason)
        .log("record is no user's state, the one before it stays");
    return null;
  }
}
