package dev.attune.cli.imports;

import dev.attune.cli.CliException;
import dev.attune.cli.cluster.KafkaCalls;
import dev.attune.platform.KafkaSettings;
import dev.attune.schemas.Topics;
import dev.attune.schemas.events.PreferenceEvent;
import dev.attune.schemas.serde.AvroSerializer;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * Sends preference events and keeps count of what the cluster has acknowledged. One thread sends;
 * the counts may be read by any.
 */
final class EventSender implements AutoCloseable {
  /** Long enough for a broker that is started again meanwhile. */
  private static final int DELIVERY_TIMEOUT_MS = 120_000;

  private final KafkaSettings kafka;
  private final Producer<String, PreferenceEvent> producer;
  private final double perSecond;
  private final long startedAt = System.nanoTime();
  private final SentOffsets acknowledged = new SentOffsets();
  private final AtomicLong acknowledgements = new AtomicLong();
  private final AtomicReference<Exception> failure = new AtomicReference<>();
  private long sent;

  /**
   * @param perSecond events a second, or infinity for as fast as possible
   */
  EventSender(KafkaSettings kafka, double perSecond) {
    this.kafka = kafka;
    this.perSecond = perSecond;
    Map<String, Object> settings = new HashMap<>(kafka.producer("attune-import"));
    settings.put(ProducerConfig.LINGER_MS_CONFIG, 20);
    settings.put(ProducerConfig.BATCH_SIZE_CONFIG, 128 * 1024);
    settings.putIfAbsent(ProducerConfig.COMPRESSION_TYPE_CONFIG, "lz4");
    settings.putIfAbsent(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, DELIVERY_TIMEOUT_MS);
    settings.putIfAbsent(ProducerConfig.MAX_BLOCK_MS_CONFIG, DELIVERY_TIMEOUT_MS);
    AvroSerializer<PreferenceEvent> serializer = new AvroSerializer<>();
    serializer.configure(kafka.serde(), false);
    try {
      producer = new KafkaProducer<>(settings, new StringSerializer(), serializer);
    } catch (KafkaException e) {
      throw KafkaCalls.failure(kafka, e);
    }
  }

  /** Sends one event, at the pace asked for. */
  void send(PreferenceEvent event) {
    throwFailure();
    pace();
    sent++;
    try {
      producer.send(
          new ProducerRecord<>(Topics.PREFERENCES.name(), event.getUserId(), event),
          (metadata, error) -> {
            if (error != null) {
              failure.compareAndSet(null, error);
            } else {
              acknowledged.add(metadata.partition(), metadata.offset());
              acknowledgements.incrementAndGet();
            }
          });
    } catch (KafkaException e) {
      throw KafkaCalls.failure(kafka, e);
    }
  }

  /** Waits until all that was sent is acknowledged. */
  void flush() {
    producer.flush();
    throwFailure();
    if (acknowledgements.get() != sent) {
      throw new CliException(sent - acknowledgements.get() + " events were not acknowledged");
    }
  }

  /** How many events were handed over. */
  long sent() {
    return sent;
  }

  /** Where the acknowledged events are. */
  SentOffsets acknowledged() {
    return acknowledged;
  }

  private void pace() {
    if (perSecond == Double.POSITIVE_INFINITY) {
      return;
    }
    long due = startedAt + (long) (sent / perSecond * 1e9);
    for (long wait = due - System.nanoTime(); wait > 0; wait = due - System.nanoTime()) {
      LockSupport.parkNanos(wait);
      if (Thread.interrupted()) {
        Thread.currentThread().interrupt();
        throw new CliException("interrupted after " + sent + " events");
      }
    }
  }

  private void throwFailure() {
    Exception e = failure.get();
    if (e != null) {
      throw KafkaCalls.failure(kafka, e);
    }
  }

  @Override
  public void close() {
    producer.close(Duration.ofSeconds(5));
  }
}
