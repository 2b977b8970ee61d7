package dev.attune.trainer.kafka.users;

import dev.attune.schemas.events.PreferenceBucket;
import dev.attune.trainer.core.TrainerException;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.TopicPartition;

/** Reads the owned partitions a second time, for rows. Confined to the polling thread. */
final class RowReader implements AutoCloseable {
  private static final int QUEUE_LIMIT = 64;

  private final Consumer<String, PreferenceBucket> consumer;

  RowReader(Consumer<String, PreferenceBucket> consumer) {
    this.consumer = consumer;
  }

  /** Reads these partitions from now on; those that it did not read yet from their row position. */
  void own(Collection<OwnedUsers> owned) {
    Set<TopicPartition> before = consumer.assignment();
    Set<TopicPartition> now = new HashSet<>();
    owned.forEach(partition -> now.add(partition.topicPartition()));
    Set<TopicPartition> kept = new HashSet<>(before);
    consumer.assign(now);
    for (OwnedUsers partition : owned) {
      if (!kept.contains(partition.topicPartition())) {
        consumer.seek(partition.topicPartition(), partition.users().rowPosition());
      }
    }
  }

  /** Takes what is there, without waiting; no further ahead than a little. */
  void fetch(Collection<OwnedUsers> owned) {
    Map<TopicPartition, OwnedUsers> byPartition = new HashMap<>();
    Set<TopicPartition> full = new HashSet<>();
    Set<TopicPartition> hungry = new HashSet<>();
    for (OwnedUsers partition : owned) {
      byPartition.put(partition.topicPartition(), partition);
      boolean enough =
          partition.rows().waiting() >= QUEUE_LIMIT
              || partition.users().learnedRowPosition() >= partition.users().learnedPosition();
      (enough ? full : hungry).add(partition.topicPartition());
    }
    if (hungry.isEmpty()) {
      return;
    }
    consumer.pause(full);
    consumer.resume(hungry);
    try {
      for (ConsumerRecord<String, PreferenceBucket> record : consumer.poll(Duration.ZERO)) {
        byPartition.get(new TopicPartition(record.topic(), record.partition())).rows().add(record);
      }
    } catch (OffsetOutOfRangeException e) {
      throw new TrainerException(
          "buckets are gone that rows have not learned from: " + e.getMessage(), e);
    }
  }

  @Override
  public void close() {
    consumer.close();
  }
}
