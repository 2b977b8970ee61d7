package dev.attune.cli.chaos;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.attune.cli.traffic.Place;
import dev.attune.platform.KafkaSettings;
import dev.attune.schemas.Topic;
import dev.attune.schemas.Topics;
import dev.attune.schemas.events.PreferenceBucket;
import dev.attune.schemas.events.RejectedPreference;
import dev.attune.schemas.events.Route;
import dev.attune.schemas.serde.AvroDeserializer;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;

/**
 * Reads ingest's input and outputs from their beginning, committed records only, into the audit.
 * Not thread-safe.
 */
final class OutputReader implements AutoCloseable {
  /** The header that has a record's number, as decimal digits. */
  static final String NUMBER = "attune-chaos-number";

  private static final List<Topic<?>> TOPICS =
      List.of(
          Topics.PREFERENCES,
          Topics.BUCKETS_BY_USER,
          Topics.BUCKETS_BY_DOMAIN,
          Topics.PREFERENCES_REJECTED,
          Topics.PREFERENCES_QUARANTINED);

  private final KafkaConsumer<String, byte[]> consumer;
  private final AvroDeserializer<SpecificRecord> values = new AvroDeserializer<>();
  private final EventAudit audit;
  private final List<TopicPartition> partitions;
  private long lastBucketAt = System.nanoTime();
  private long longestPause;

  OutputReader(KafkaSettings kafka, EventAudit audit) {
    this.audit = audit;
    Map<String, Object> settings = new HashMap<>(kafka.consumerWithoutGroup("attune-chaos-reader"));
    settings.put(ConsumerConfig.RECONNECT_BACKOFF_MAX_MS_CONFIG, 1_000);
    values.configure(kafka.serde(), false);
    consumer = new KafkaConsumer<>(settings, new StringDeserializer(), new ByteArrayDeserializer());
    partitions =
        TOPICS.stream()
            .flatMap(topic -> consumer.partitionsFor(topic.name()).stream())
            .map(each -> new TopicPartition(each.topic(), each.partition()))
            .toList();
    consumer.assign(partitions);
    consumer.seekToBeginning(partitions);
  }

  /** Reads what there is, or waits so long for something; gives how many records it was. */
  int poll(Duration wait) {
    ConsumerRecords<String, byte[]> records = consumer.poll(wait);
    records.forEach(this::enter);
    return records.count();
  }

  /** Whether everything that is committed by now has been read. */
  boolean atEnd() {
    return consumer.endOffsets(partitions).entrySet().stream()
        .allMatch(end -> consumer.position(end.getKey()) >= end.getValue());
  }

  /** The longest time without a by-user bucket so far. */
  Duration longestPause() {
    return Duration.ofNanos(longestPause);
  }

  /** Pauses count from now on. */
  void startOfPauses() {
    lastBucketAt = System.nanoTime();
    longestPause = 0;
  }

  private void enter(ConsumerRecord<String, byte[]> record) {
    if (record.topic().equals(Topics.PREFERENCES.name())) {
      String number = new String(record.headers().lastHeader(NUMBER).value(), UTF_8);
      audit.inLog(new Place(record.partition(), record.offset()), Integer.parseInt(number));
      return;
    }
    SpecificRecord value = values.deserialize(record.topic(), record.headers(), record.value());
    if (value instanceof PreferenceBucket bucket) {
      boolean byUser = record.topic().equals(Topics.BUCKETS_BY_USER.name());
      if (byUser) {
        long now = System.nanoTime();
        longestPause = Math.max(longestPause, now - lastBucketAt);
        lastBucketAt = now;
      }
      audit.bucket(byUser ? Route.BY_USER : Route.BY_DOMAIN, record.key(), bucket);
    } else if (value instanceof RejectedPreference rejection) {
      if (record.topic().equals(Topics.PREFERENCES_REJECTED.name())) {
        audit.rejected(rejection.getSource());
      } else {
        audit.quarantined(rejection.getSource());
      }
    } else {
      throw new IllegalStateException("a record of " + record.topic() + " has no known value");
    }
  }

  @Override
  public void close() {
    consumer.close();
    values.close();
  }
}
