package dev.attune.embedded;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.attune.embedded.SchemaStore.Change;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** The compacted topic {@code _schemas}: keys and values are JSON, laid out as Confluent's are. */
final class SchemaLog implements AutoCloseable {
  static final String TOPIC = "_schemas";
  private static final TopicPartition PARTITION = new TopicPartition(TOPIC, 0);
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private final KafkaProducer<byte[], byte[]> producer;
  private final String bootstrapServers;

  SchemaLog(String bootstrapServers) {
    this.bootstrapServers = bootstrapServers;
    createTopic();
    this.producer =
        new KafkaProducer<>(
            Map.of(
                "bootstrap.servers", bootstrapServers,
                "client.id", "attune-registry",
                "acks", "all",
                "linger.ms", "0",
                "enable.metrics.push", "false"),
            new ByteArraySerializer(),
            new ByteArraySerializer());
  }

  /** Hands over every change, in order. */
  void replay(Consumer<Change> changes) {
    Map<String, Object> configs =
        Map.of(
            "bootstrap.servers", bootstrapServers,
            "client.id", "attune-registry-replay",
            "enable.auto.commit", "false",
            "enable.metrics.push", "false");
    try (KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(configs, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      consumer.assign(List.of(PARTITION));
      consumer.seekToBeginning(List.of(PARTITION));
      long end = consumer.endOffsets(List.of(PARTITION)).get(PARTITION);
      while (consumer.position(PARTITION) < end) {
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofSeconds(1))) {
          replay(record, changes);
        }
      }
    }
  }

  /** Keeps a change for good. */
  void append(Change change) {
    try {
      producer.send(record(change)).get();
    } catch (ExecutionException e) {
      throw new KafkaException("A schema could not be written to " + TOPIC, e.getCause());
    } catch (InterruptedException e) {
      throw new InterruptException(e);
    }
  }

  @Override
  public void close() {
    producer.close(Duration.ofSeconds(5));
  }

  private static ProducerRecord<byte[], byte[]> record(Change change) {
    ObjectNode key = MAPPER.createObjectNode();
    ObjectNode value;
    if (change.schema() != null) {
      key.put("keytype", "SCHEMA");
      key.put("subject", change.schema().subject());
      key.put("version", change.schema().version());
      key.put("magic", 1);
      value = MAPPER.valueToTree(change.schema());
      value.put("deleted", false);
    } else {
      key.put("keytype", "CONFIG");
      key.put("subject", change.subject());
      key.put("magic", 0);
      value = MAPPER.createObjectNode();
      value.put("compatibilityLevel", String.valueOf(change.compatibility()));
    }
    return new ProducerRecord<>(
        TOPIC, key.toString().getBytes(UTF_8), value.toString().getBytes(UTF_8));
  }

  private static void replay(ConsumerRecord<byte[], byte[]> record, Consumer<Change> changes) {
    try {
      JsonNode key = MAPPER.readTree(new String(record.key(), UTF_8));
      JsonNode value = MAPPER.readTree(new String(record.value(), UTF_8));
      switch (key.path("keytype").asText()) {
        case "SCHEMA" ->
            changes.accept(new Change(MAPPER.treeToValue(value, StoredSchema.class), null, null));
        case "CONFIG" ->
            changes.accept(
                new Change(
                    null,
                    key.path("subject").textValue(),
                    CompatibilityLevel.of(value.path("compatibilityLevel").asText())));
        default -> {
          // Kinds of records that other registries write and this one has no use for.
        }
      }
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(
          "The record at offset " + record.offset() + " of " + TOPIC + " is not a registry's", e);
    }
  }

  private void createTopic() {
    NewTopic topic =
        new NewTopic(TOPIC, Optional.of(1), Optional.empty())
            .configs(
                Map.of(
                    TopicConfig.CLEANUP_POLICY_CONFIG,
                    TopicConfig.CLEANUP_POLICY_COMPACT,
                    TopicConfig.RETENTION_MS_CONFIG,
                    "-1"));
    try (Admin admin =
        Admin.create(
            Map.of("bootstrap.servers", bootstrapServers, "enable.metrics.push", "false"))) {
      admin.createTopics(List.of(topic)).all().get();
    } catch (ExecutionException e) {
      if (!(e.getCause() instanceof TopicExistsException)) {
        throw new KafkaException("The topic " + TOPIC + " could not be created", e.getCause());
      }
    } catch (InterruptedException e) {
      throw new InterruptException(e);
    }
  }
}
