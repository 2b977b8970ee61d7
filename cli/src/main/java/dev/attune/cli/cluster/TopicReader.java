package dev.attune.cli.cluster;

import dev.attune.platform.KafkaSettings;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * Reads a topic from its beginning as bytes, committed records only, without a group: each call of
 * {@link #readToEnd} goes on where the one before stopped. One thread.
 */
public final class TopicReader implements AutoCloseable {
  private static final Duration POLL = Duration.ofMillis(200);

  private final KafkaSettings kafka;
  private final KafkaConsumer<byte[], byte[]> consumer;

  /** Opens a topic that is there. */
  public TopicReader(KafkaSettings kafka, String topic) {
    this.kafka = kafka;
    try {
      consumer =
          new KafkaConsumer<>(
              kafka.consumerWithoutGroup("attune-reader"),
              new ByteArrayDeserializer(),
              new ByteArrayDeserializer());
      List<TopicPartition> partitions =
          consumer.partitionsFor(topic).stream()
              .map(partition -> new TopicPartition(partition.topic(), partition.partition()))
              .toList();
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
    } catch (KafkaException e) {
      throw KafkaCalls.failure(kafka, e);
    }
  }

  /** Reads a topic from its beginning to its present end. */
  public static void readAll(
      KafkaSettings kafka, String topic, Consumer<ConsumerRecord<byte[], byte[]>> each) {
    try (TopicReader reader = new TopicReader(kafka, topic)) {
      reader.readToEnd(each);
    }
  }

  /** Reads what was committed before this call and not read yet, in the order of each partition. */
  public void readToEnd(Consumer<ConsumerRecord<byte[], byte[]>> each) {
    try {
      Map<TopicPartition, Long> ends = ends();
      while (ends.entrySet().stream().anyMatch(e -> consumer.position(e.getKey()) < e.getValue())) {
        consumer.poll(POLL).forEach(each);
      }
    } catch (KafkaException e) {
      throw KafkaCalls.failure(kafka, e);
    }
  }

  /** Leaves out what was committed before this call. */
  public void skipToEnd() {
    ends().forEach(consumer::seek);
  }

  /** The end of what is committed now, by partition. */
  public Map<TopicPartition, Long> ends() {
    try {
      return consumer.endOffsets(consumer.assignment());
    } catch (KafkaException e) {
      throw KafkaCalls.failure(kafka, e);
    }
  }

  @Override
  public void close() {
    consumer.close();
  }
}
