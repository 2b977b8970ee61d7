package dev.attune.scorer.kafka;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.clients.consumer.AcknowledgeType;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.MockShareConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.InvalidRecordStateException;

/**
 * Lends what is added, in the explicit mode of a share consumer: a poll is refused while something
 * is not acknowledged, and returns what was renewed before anything new.
 */
final class FakeShareConsumer extends MockShareConsumer<String, byte[]> {
  /** What the brokers took, such as {@code ACCEPT 0/7} for offset 7 of partition 0. */
  final List<String> acknowledged = new ArrayList<>();

  /** Partitions whose locks have expired: acknowledgements of them are refused. */
  final Set<Integer> expired = new HashSet<>();

  /** How long a lock lasts. */
  Duration lock = Duration.ofHours(1);

  private final Map<ConsumerRecord<String, byte[]>, Optional<AcknowledgeType>> lent =
      new LinkedHashMap<>();
  private final List<ConsumerRecord<String, byte[]>> renewed = new ArrayList<>();

  @Override
  public synchronized ConsumerRecords<String, byte[]> poll(Duration timeout) {
    if (!lent.isEmpty()) {
      throw new IllegalStateException("something is not acknowledged");
    }
    List<ConsumerRecord<String, byte[]>> records = new ArrayList<>(renewed);
    if (records.isEmpty()) {
      super.poll(timeout).forEach(records::add);
    }
    renewed.clear();
    Map<TopicPartition, List<ConsumerRecord<String, byte[]>>> byPartition = new HashMap<>();
    for (ConsumerRecord<String, byte[]> record : records) {
      lent.put(record, Optional.empty());
      byPartition
          .computeIfAbsent(
              new TopicPartition(record.topic(), record.partition()), key -> new ArrayList<>())
          .add(record);
    }
    return new ConsumerRecords<>(byPartition, Map.of());
  }

  @Override
  public synchronized void acknowledge(
      ConsumerRecord<String, byte[]> record, AcknowledgeType type) {
    if (!lent.containsKey(record)) {
      throw new IllegalStateException("The record cannot be acknowledged.");
    }
    lent.put(record, Optional.of(type));
  }

  @Override
  public synchronized Map<TopicIdPartition, Optional<KafkaException>> commitSync(Duration timeout) {
    Map<TopicIdPartition, Optional<KafkaException>> outcomes = new HashMap<>();
    lent.forEach(
        (record, type) -> {
          if (type.isEmpty()) {
            return;
          }
          boolean refused = expired.contains(record.partition());
          outcomes.put(
              new TopicIdPartition(Uuid.ZERO_UUID, record.partition(), record.topic()),
              refused ? Optional.of(new InvalidRecordStateException("expired")) : Optional.empty());
          if (!refused) {
            acknowledged.add(type.get().name() + " " + record.partition() + "/" + record.offset());
            if (type.get() == AcknowledgeType.RENEW) {
              renewed.add(record);
            }
          }
        });
    lent.values().removeIf(Optional::isPresent);
    return outcomes;
  }

  @Override
  public Optional<Integer> acquisitionLockTimeoutMs() {
    return Optional.of(Math.toIntExact(lock.toMillis()));
  }
}
