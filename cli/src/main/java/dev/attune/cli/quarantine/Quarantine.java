package dev.attune.cli.quarantine;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.attune.cli.cluster.KafkaCalls;
import dev.attune.cli.cluster.TopicReader;
import dev.attune.platform.KafkaSettings;
import dev.attune.schemas.Topic;
import dev.attune.schemas.Topics;
import dev.attune.schemas.events.Position;
import dev.attune.schemas.events.RejectedPreference;
import dev.attune.schemas.serde.AvroDeserializer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;

/**
 * Reads attune.preferences.quarantined and .released from their beginning to their end: committed
 * records only, without a group. An event stands there once for each time it was held back; it is
 * told by the place of its original. What a user sent before they were erased is left out: nothing
 * of it may come back.
 */
final class Quarantine {
  private final KafkaSettings kafka;
  private final AvroDeserializer<RejectedPreference> deserializer =
      new AvroDeserializer<>(RejectedPreference.class);

  Quarantine(KafkaSettings kafka) {
    this.kafka = kafka;
    KafkaCalls.requireTopics(
        kafka, Topics.PREFERENCES_QUARANTINED, Topics.PREFERENCES_RELEASED, Topics.ERASURES);
    deserializer.configure(kafka.serde(), false);
  }

  /** Those that are wanted, by partition in the order in which they were held back. */
  List<QuarantinedEvent> read(Predicate<QuarantinedEvent> wanted) {
    try {
      Set<Position> released = new HashSet<>();
      read(Topics.PREFERENCES_RELEASED, record -> released.add(decode(record).getSource()));
      Map<String, Instant> erased = new HashMap<>();
      read(
          Topics.ERASURES,
          record -> erased.put(text(record.key()), Instant.ofEpochMilli(record.timestamp())));
      List<QuarantinedEvent> events = new ArrayList<>();
      read(
          Topics.PREFERENCES_QUARANTINED,
          record -> {
            QuarantinedEvent event = event(record, released);
            Instant gone = erased.getOrDefault(event.userId(), Instant.MIN);
            if (event.receivedAt().isAfter(gone) && wanted.test(event)) {
              events.add(event);
            }
          });
      return events;
    } catch (KafkaException e) {
      throw KafkaCalls.failure(kafka, e);
    }
  }

  private QuarantinedEvent event(ConsumerRecord<byte[], byte[]> record, Set<Position> released) {
    RejectedPreference held = decode(record);
    return new QuarantinedEvent(
        held.getSource(),
        text(record.key()),
        held.getReason(),
        held.getMessage(),
        held.getReceivedAt(),
        released.contains(held.getSource()),
        record.key(),
        record.value(),
        record.headers());
  }

  private static String text(byte @Nullable [] key) {
    return key == null ? "" : new String(key, UTF_8);
  }

  private RejectedPreference decode(ConsumerRecord<byte[], byte[]> record) {
    return deserializer.deserialize(record.topic(), record.headers(), record.value());
  }

  private void read(Topic<?> topic, Consumer<ConsumerRecord<byte[], byte[]>> each) {
    TopicReader.readAll(
        kafka,
        topic.name(),
        record -> {
          if (record.value() != null) {
            each.accept(record);
          }
        });
  }
}
