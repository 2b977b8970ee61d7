package dev.attune.ingest;

import dev.attune.embedded.EmbeddedCluster;
import dev.attune.platform.Configuration;
import dev.attune.platform.KafkaSettings;
import dev.attune.schemas.Topic;
import dev.attune.schemas.Topics;
import dev.attune.schemas.events.PreferenceEvent;
import dev.attune.schemas.serde.AvroDeserializer;
import dev.attune.schemas.serde.AvroSerializer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.Topology;

/** Ingest on an embedded broker, for tests: settings, an app, a producer and a reader. */
final class EmbeddedIngest {
  private final EmbeddedCluster cluster;
  private final KafkaSettings kafka;

  EmbeddedIngest(EmbeddedCluster cluster) {
    this.cluster = cluster;
    this.kafka = KafkaSettings.of(cluster.bootstrapServers(), cluster.registryUrl());
  }

  KafkaSettings kafka() {
    return kafka;
  }

  IngestApp app(Path state, Map<String, String> more) {
    return app(state, more, UnaryOperator.identity());
  }

  IngestApp app(Path state, Map<String, String> more, UnaryOperator<Topology> change) {
    Map<String, String> settings = new HashMap<>();
    settings.put("kafka.bootstrap.servers", cluster.bootstrapServers());
    settings.put("schema.registry.url", cluster.registryUrl());
    settings.put("ingest.state.dir", state.toString());
    settings.put("ingest.replication-factor", "1");
    settings.put("ingest.standby-replicas", "0");
    settings.putAll(more);
    return new IngestApp(
        IngestConfig.from(Configuration.of(settings)), new SimpleMeterRegistry(), change);
  }

  /** Sends events, in order, and gives their places. */
  List<RecordMetadata> send(List<PreferenceEvent> events) throws Exception {
    AvroSerializer<PreferenceEvent> values = new AvroSerializer<>();
    values.configure(kafka.serde(), false);
    List<RecordMetadata> places = new ArrayList<>();
    try (KafkaProducer<String, PreferenceEvent> producer =
        new KafkaProducer<>(kafka.producer("test"), new StringSerializer(), values)) {
      for (PreferenceEvent event : events) {
        places.add(
            producer
                .send(new ProducerRecord<>(Topics.PREFERENCES.name(), event.getUserId(), event))
                .get());
      }
    }
    return places;
  }

  /** Reads what is committed, from the beginning. */
  KafkaConsumer<String, SpecificRecord> reader(Topic<?>... topics) {
    AvroDeserializer<SpecificRecord> values = new AvroDeserializer<>();
    values.configure(kafka.serde(), false);
    KafkaConsumer<String, SpecificRecord> consumer =
        new KafkaConsumer<>(kafka.consumerWithoutGroup("test"), new StringDeserializer(), values);
    List<TopicPartition> partitions =
        List.of(topics).stream()
            .flatMap(
                topic ->
                    IntStream.range(0, topic.partitions())
                        .mapToObj(partition -> new TopicPartition(topic.name(), partition)))
            .toList();
    consumer.assign(partitions);
    consumer.seekToBeginning(partitions);
    return consumer;
  }
}
