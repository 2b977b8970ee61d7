package dev.attune.bench.ingest;

import dev.attune.ingest.IngestConfig;
import dev.attune.platform.Service;
import dev.attune.schemas.Topics;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Copies records exactly once without Kafka Streams: what is polled within a commit interval goes
 * out in one transaction with its offsets (KIP-447). One thread; its clients have the batching that
 * Streams gives its own.
 */
final class ConsumeProduceLoop implements Service {
  private static final int POLL_RECORDS = 1_000;
  private static final int LINGER_MILLIS = 100;

  private final IngestConfig config;
  private final Thread thread = new Thread(this::run, "bench-loop");
  private volatile boolean assigned;
  private volatile boolean closed;

  ConsumeProduceLoop(IngestConfig config) {
    this.config = config;
  }

  @Override
  public String name() {
    return "loop";
  }

  @Override
  public void start() {
    thread.start();
  }

  @Override
  public boolean live() {
    return thread.isAlive();
  }

  @Override
  public boolean ready() {
    return assigned;
  }

  @Override
  public void close() {
    closed = true;
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void run() {
    String id = config.applicationId();
    Map<String, Object> reading = config.kafka().consumer(id, id);
    reading.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
    reading.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, POLL_RECORDS);
    Map<String, Object> writing = config.kafka().transactionalProducer(id);
    writing.put(ProducerConfig.LINGER_MS_CONFIG, LINGER_MILLIS);
    try (KafkaConsumer<byte[], byte[]> consumer =
            new KafkaConsumer<>(reading, new ByteArrayDeserializer(), new ByteArrayDeserializer());
        KafkaProducer<byte[], byte[]> producer =
            new KafkaProducer<>(writing, new ByteArraySerializer(), new ByteArraySerializer())) {
      producer.initTransactions();
      consumer.subscribe(List.of(Topics.PREFERENCES.name()));
      while (!closed) {
        copy(consumer, producer);
        assigned = !consumer.assignment().isEmpty();
      }
    }
  }

  private void copy(KafkaConsumer<byte[], byte[]> consumer, KafkaProducer<byte[], byte[]> producer)
      throws KafkaException {
    Duration interval = config.commitInterval();
    long end = System.nanoTime() + interval.toNanos();
    Map<TopicPartition, OffsetAndMetadata> next = new HashMap<>();
    do {
      for (ConsumerRecord<byte[], byte[]> record : consumer.poll(interval)) {
        if (next.isEmpty()) {
          producer.beginTransaction();
        }
        producer.send(
            new ProducerRecord<>(
                BenchTopics.OUT, null, record.key(), record.value(), record.headers()));
        next.put(
            new TopicPartition(record.topic(), record.partition()),
            new OffsetAndMetadata(record.offset() + 1));
      }
    } while (!closed && System.nanoTime() < end);
    if (!next.isEmpty()) {
      producer.sendOffsetsToTransaction(next, consumer.groupMetadata());
      producer.commitTransaction();
    }
  }
}
