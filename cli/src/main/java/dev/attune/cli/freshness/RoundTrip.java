package dev.attune.cli.freshness;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.apache.kafka.common.config.TopicConfig.MESSAGE_TIMESTAMP_TYPE_CONFIG;

import dev.attune.cli.cluster.KafkaCalls;
import dev.attune.platform.KafkaSettings;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * The yardstick: records that are copied from one topic to another, exactly once, by a loop that
 * does nothing else. The time runs from a record's append to the read of its committed copy.
 * Threads of its own.
 */
final class RoundTrip implements AutoCloseable {
  private static final String IN = "attune.bench.round-trip.in";
  private static final String OUT = "attune.bench.round-trip.out";
  private static final Duration POLL = Duration.ofMillis(100);
  private static final long INTERVAL_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
  private static final byte[] VALUE = new byte[1_000];

  private final KafkaSettings kafka;
  private final Histogram millis = new ConcurrentHistogram(TimeUnit.HOURS.toMillis(1), 3);
  private final List<Thread> threads;
  private volatile boolean measuring;
  private volatile boolean closed;

  RoundTrip(KafkaSettings kafka) {
    this.kafka = kafka;
    try (Admin admin = KafkaCalls.admin(kafka)) {
      List<NewTopic> topics =
          List.of(IN, OUT).stream()
              .map(
                  name ->
                      new NewTopic(name, 1, (short) 1)
                          .configs(Map.of(MESSAGE_TIMESTAMP_TYPE_CONFIG, "LogAppendTime")))
              .toList();
      KafkaCalls.await(kafka, admin.createTopics(topics).all());
    }
    threads =
        List.of(
            new Thread(this::copy, "bench-copy"),
            new Thread(this::read, "bench-read"),
            new Thread(this::send, "bench-send"));
    threads.forEach(thread -> thread.setDaemon(true));
    threads.forEach(Thread::start);
  }

  /** Records count from now on. */
  void measure() {
    measuring = true;
  }

  /** The times so far, in milliseconds. */
  Histogram millis() {
    return millis.copy();
  }

  private void send() {
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(
            kafka.producer("attune-bench-round-trip"),
            new ByteArraySerializer(),
            new ByteArraySerializer())) {
      while (!closed) {
        var unused = producer.send(new ProducerRecord<>(IN, VALUE));
        LockSupport.parkNanos(INTERVAL_NANOS);
      }
    }
  }

  private void copy() {
    TopicPartition in = new TopicPartition(IN, 0);
    try (KafkaConsumer<byte[], byte[]> consumer = consumer(IN);
        KafkaProducer<byte[], byte[]> producer =
            new KafkaProducer<>(
                kafka.transactionalProducer("attune-bench-round-trip"),
                new ByteArraySerializer(),
                new ByteArraySerializer())) {
      producer.initTransactions();
      while (!closed) {
        List<ConsumerRecord<byte[], byte[]>> records = consumer.poll(POLL).records(in);
        if (!records.isEmpty()) {
          producer.beginTransaction();
          for (ConsumerRecord<byte[], byte[]> each : records) {
            // The copy carries its original's time; its own is the append's.
            byte[] time = String.valueOf(each.timestamp()).getBytes(US_ASCII);
            var unused = producer.send(new ProducerRecord<>(OUT, time, each.value()));
          }
          producer.sendOffsetsToTransaction(
              Map.of(in, new OffsetAndMetadata(consumer.position(in))), consumer.groupMetadata());
          producer.commitTransaction();
        }
      }
    }
  }

  private void read() {
    try (KafkaConsumer<byte[], byte[]> consumer = consumer(OUT)) {
      while (!closed) {
        for (ConsumerRecord<byte[], byte[]> each : consumer.poll(POLL)) {
          long from = Long.parseLong(new String(each.key(), US_ASCII));
          if (measuring) {
            millis.recordValue(Math.max(0, System.currentTimeMillis() - from));
          }
        }
      }
    }
  }

  private KafkaConsumer<byte[], byte[]> consumer(String topic) {
    Map<String, Object> settings = new HashMap<>(kafka.consumer("attune-bench-" + topic, topic));
    settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
    KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    List<TopicPartition> partitions = List.of(new TopicPartition(topic, 0));
    consumer.assign(partitions);
    consumer.seekToBeginning(partitions);
    return consumer;
  }

  @Override
  public void close() {
    closed = true;
    for (Thread thread : threads) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }
}
