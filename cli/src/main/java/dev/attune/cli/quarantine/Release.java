package dev.attune.cli.quarantine;

import dev.attune.cli.cluster.KafkaCalls;
import dev.attune.platform.KafkaSettings;
import dev.attune.schemas.Topics;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Sends quarantined records to attune.preferences.released as they are, each to the partition of
 * its original, where its user's state is. Acknowledged by all replicas and idempotent, so that a
 * lost acknowledgement makes no second record; a command that is run again leaves out what is
 * there.
 */
final class Release {
  private static final int MAX_RECORD_BYTES = 2 << 20;

  private final KafkaSettings kafka;

  Release(KafkaSettings kafka) {
    this.kafka = kafka;
  }

  /**
   * Releases the events.
   *
   * @return how many were acknowledged: all
   * @throws dev.attune.cli.CliException where one was not
   */
  long send(List<QuarantinedEvent> events) {
    Map<String, Object> settings = new HashMap<>(kafka.producer("attune-release"));
    settings.put(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, MAX_RECORD_BYTES);
    AtomicLong acknowledged = new AtomicLong();
    AtomicReference<Exception> failure = new AtomicReference<>();
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer())) {
      for (QuarantinedEvent event : events) {
        producer.send(
            new ProducerRecord<>(
                Topics.PREFERENCES_RELEASED.name(),
                event.source().getPartition(),
                event.key(),
                event.value(),
                event.headers()),
            (metadata, error) -> {
              if (error == null) {
                acknowledged.incrementAndGet();
              } else {
                failure.compareAndSet(null, error);
              }
            });
      }
      producer.flush();
    } catch (KafkaException e) {
      failure.compareAndSet(null, e);
    }
    if (failure.get() != null) {
      throw KafkaCalls.failure(
          kafka,
          new KafkaException(
              "%d of %d events were released; run the command again for the others (%s)"
                  .formatted(acknowledged.get(), events.size(), failure.get().getMessage())));
    }
    return acknowledged.get();
  }
}
