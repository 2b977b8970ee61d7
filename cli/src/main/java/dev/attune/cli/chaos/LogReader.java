package dev.attune.cli.chaos;

import dev.attune.platform.KafkaSettings;
import dev.attune.schemas.Topic;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;

/** Reads topics from their beginning and hands each record on. Not thread-safe. */
final class LogReader implements AutoCloseable {
  private static final Duration POLL = Duration.ofMillis(100);

  private final KafkaConsumer<String, byte[]> consumer;
  private final List<TopicPartition> partitions;
  private final Consumer<ConsumerRecord<String, byte[]>> listener;

  private LogReader(
      KafkaSettings kafka,
      String isolation,
      List<Topic<?>> topics,
      Consumer<ConsumerRecord<String, byte[]>> listener) {
    this.listener = listener;
    Map<String, Object> settings = new HashMap<>(kafka.consumerWithoutGroup("attune-chaos-reader"));
    settings.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, isolation);
    settings.put(ConsumerConfig.RECONNECT_BACKOFF_MAX_MS_CONFIG, 1_000);
    consumer = new KafkaConsumer<>(settings, new StringDeserializer(), new ByteArrayDeserializer());
    partitions =
        topics.stream()
            .flatMap(topic -> consumer.partitionsFor(topic.name()).stream())
            .map(each -> new TopicPartition(each.topic(), each.partition()))
            .toList();
    consumer.assign(partitions);
    consumer.seekToBeginning(partitions);
  }

  /** Reads committed records only. */
  static LogReader ofCommitted(
      KafkaSettings kafka,
      List<Topic<?>> topics,
      Consumer<ConsumerRecord<String, byte[]>> listener) {
    return new LogReader(kafka, "read_committed", topics, listener);
  }

  /** Counts the records of a topic, those of transactions that were aborted included. */
  static long countAll(KafkaSettings kafka, Topic<?> topic, Deadline deadline) {
    long all = 0;
    try (LogReader reader =
        new LogReader(kafka, "read_uncommitted", List.of(topic), record -> {})) {
      while (!reader.atEnd() && !deadline.passed()) {
        all += reader.poll(POLL);
      }
    }
    return all;
  }

  /** Reads what there is, or waits so long for something; gives how many records it was. */
  int poll(Duration wait) {
    ConsumerRecords<String, byte[]> records = consumer.poll(wait);
    records.forEach(listener);
    return records.count();
  }

  /** Whether everything that is committed by now has been read. */
  boolean atEnd() {
    return consumer.endOffsets(partitions).entrySet().stream()
        .allMatch(end -> consumer.position(end.getKey()) >= end.getValue());
  }

  @Override
  public void close() {
    consumer.close();
  }
}
