package dev.attune.cli.traffic;

import dev.attune.platform.KafkaSettings;
import dev.attune.schemas.Topic;
import dev.attune.schemas.serde.AvroDeserializer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.jspecify.annotations.Nullable;

/**
 * Follows all partitions of some topics in committed reads, without a consumer group: a thread of
 * its own hands each record to the listener, one at a time, in the order of its partition. A
 * listener that throws, or a record that cannot be read, ends the following; {@link #check} tells
 * it. Thread-safe.
 */
public final class TopicFollower implements AutoCloseable {
  /** Where to start in each partition. */
  public enum Start {
    BEGINNING,
    END
  }

  private static final Duration POLL = Duration.ofMillis(200);

  private final KafkaConsumer<String, SpecificRecord> consumer;
  private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
  private final Thread thread;

  /**
   * Starts to follow. Whatever is written after this constructor returns is seen.
   *
   * @param name of the thread and the client
   */
  public TopicFollower(
      KafkaSettings kafka,
      String name,
      List<Topic<?>> topics,
      Start start,
      Consumer<ConsumerRecord<String, SpecificRecord>> listener) {
    Map<String, Object> settings = new HashMap<>(kafka.consumerWithoutGroup(name));
    // A reply that waits here adds to the latency that is measured.
    settings.put(ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG, 100);
    AvroDeserializer<SpecificRecord> values = new AvroDeserializer<>();
    values.configure(kafka.serde(), false);
    consumer = new KafkaConsumer<>(settings, new StringDeserializer(), values);
    List<TopicPartition> partitions = new ArrayList<>();
    for (Topic<?> topic : topics) {
      for (PartitionInfo partition : consumer.partitionsFor(topic.name())) {
        partitions.add(new TopicPartition(partition.topic(), partition.partition()));
      }
    }
    consumer.assign(partitions);
    if (start == Start.BEGINNING) {
      consumer.seekToBeginning(partitions);
    } else {
      consumer.seekToEnd(partitions);
    }
    // Seeking is lazy: asking for the positions fixes them before anything else is sent.
    partitions.forEach(consumer::position);
    thread = new Thread(() -> run(listener), name);
    thread.setDaemon(true);
    thread.start();
  }

  /** Throws where the following has ended by a failure. */
  public void check() {
    Throwable cause = failure.get();
    if (cause != null) {
      throw new IllegalStateException(thread.getName() + " has stopped", cause);
    }
  }

  private void run(Consumer<ConsumerRecord<String, SpecificRecord>> listener) {
    try (consumer) {
      while (true) {
        consumer.poll(POLL).forEach(listener);
      }
    } catch (WakeupException e) {
      // Closed.
    } catch (RuntimeException | Error e) {
      failure.set(e);
    }
  }

  @Override
  public void close() {
    consumer.wakeup();
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
