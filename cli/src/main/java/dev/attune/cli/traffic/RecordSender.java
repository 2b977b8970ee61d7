package dev.attune.cli.traffic;

import dev.attune.platform.KafkaSettings;
import dev.attune.schemas.Topic;
import dev.attune.schemas.serde.AvroSerializer;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.jspecify.annotations.Nullable;

/**
 * Sends records of any topic of the catalogue, and bytes as they are, through one idempotent
 * producer. Thread-safe. {@link #close} waits for what was sent.
 */
public final class RecordSender implements AutoCloseable {
  private final KafkaProducer<String, byte[]> producer;
  private final AvroSerializer<SpecificRecord> serializer = new AvroSerializer<>();

  /**
   * @param clientId seen in the broker's logs and quotas
   */
  public RecordSender(KafkaSettings kafka, String clientId) {
    Map<String, Object> settings = new HashMap<>(kafka.producer(clientId));
    settings.put(ProducerConfig.LINGER_MS_CONFIG, 2);
    serializer.configure(kafka.serde(), false);
    producer = new KafkaProducer<>(settings, new StringSerializer(), new ByteArraySerializer());
  }

  /** Sends a value under a key; completes with its place when the broker has it. */
  public <V extends SpecificRecord> CompletableFuture<RecordMetadata> send(
      Topic<V> topic, String key, V value) {
    return sendBytes(topic, key, serializer.serialize(topic.name(), value));
  }

  /** Sends a record without a value: a compacted topic forgets the key. */
  public CompletableFuture<RecordMetadata> sendTombstone(Topic<?> topic, String key) {
    return sendBytes(topic, key, null);
  }

  /** Sends bytes as they are. */
  public CompletableFuture<RecordMetadata> sendBytes(
      Topic<?> topic, String key, byte @Nullable [] bytes) {
    CompletableFuture<RecordMetadata> done = new CompletableFuture<>();
    var unused =
        producer.send(
            new ProducerRecord<>(topic.name(), key, bytes),
            (place, failure) -> {
              if (failure == null) {
                done.complete(place);
              } else {
                done.completeExceptionally(failure);
              }
            });
    return done;
  }

  /** Waits until everything sent is acknowledged or has failed. */
  public void flush() {
    producer.flush();
  }

  @Override
  public void close() {
    producer.close();
    serializer.close();
  }
}
