package dev.attune.cli.cluster;

import dev.attune.platform.KafkaSettings;
import dev.attune.schemas.Topics;
import dev.attune.schemas.events.ModelVersion;
import dev.attune.schemas.serde.AvroDeserializer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;

/** The newest committed manifests of attune.models. One thread. */
public final class PublishedModels implements AutoCloseable {
  private static final Duration POLL = Duration.ofMillis(100);

  private final KafkaSettings kafka;
  private final Consumer<String, ModelVersion> consumer;
  private final Map<String, ModelVersion> newest = new TreeMap<>();

  /** Opens the topic; {@link #refresh} reads it. */
  public PublishedModels(KafkaSettings kafka) {
    this.kafka = kafka;
    KafkaCalls.requireTopics(kafka, Topics.MODELS);
    AvroDeserializer<ModelVersion> deserializer = new AvroDeserializer<>();
    deserializer.configure(kafka.serde(), false);
    try {
      consumer =
          new KafkaConsumer<>(
              kafka.consumerWithoutGroup("attune-models"), new StringDeserializer(), deserializer);
      List<TopicPartition> partitions =
          consumer.partitionsFor(Topics.MODELS.name()).stream()
              .map(partition -> new TopicPartition(partition.topic(), partition.partition()))
              .toList();
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
    } catch (KafkaException e) {
      throw KafkaCalls.failure(kafka, e);
    }
  }

  /** Reads all that is committed by now, and returns each model's current manifest by name. */
  public Map<String, ModelVersion> refresh() {
    Map<String, ModelVersion> current = refreshAll();
    current.entrySet().removeIf(entry -> !entry.getKey().equals(entry.getValue().getName()));
    return current;
  }

  /**
   * The same by {@link dev.attune.schemas.ModelKeys key}: what was published before, and what
   * operators ask for, included.
   */
  public Map<String, ModelVersion> refreshAll() {
    try {
      Map<TopicPartition, Long> ends = consumer.endOffsets(consumer.assignment());
      while (ends.entrySet().stream().anyMatch(e -> consumer.position(e.getKey()) < e.getValue())) {
        for (ConsumerRecord<String, ModelVersion> record : consumer.poll(POLL)) {
          if (record.value() == null) {
            newest.remove(record.key());
          } else {
            newest.put(record.key(), record.value());
          }
        }
      }
      return new TreeMap<>(newest);
    } catch (KafkaException e) {
      throw KafkaCalls.failure(kafka, e);
    }
  }

  /**
   * The comparisons that a model has taken up: those learned from, and those that wait in its state
   * for a full batch. Each is counted once.
   */
  public static long comparisons(ModelVersion model) {
    return model.getComparisons()
        + Math.round(model.getMetrics().getOrDefault("pendingComparisons", 0.0));
  }

  @Override
  public void close() {
    consumer.close();
  }
}
