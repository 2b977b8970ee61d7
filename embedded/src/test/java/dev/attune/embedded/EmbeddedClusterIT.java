package dev.attune.embedded;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.attune.schemas.Topic;
import dev.attune.schemas.Topics;
import dev.attune.schemas.events.ErasureRequest;
import dev.attune.schemas.registry.RegistryClient;
import dev.attune.schemas.registry.RegistryConfig;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class EmbeddedClusterIT {
  private static final String SERDES = "dev.attune.schemas.serde.Avro";
  private static final String STRINGS = "org.apache.kafka.common.serialization.String";
  private static final ErasureRequest RECORD =
      new ErasureRequest("ü", Instant.ofEpochMilli(1000), "test");

  @TempDir Path dir;

  @Test
  void shouldHaveAllTopicsAndSchemas() throws Exception {
    // Given
    try (EmbeddedCluster cluster = EmbeddedCluster.start(dir);
        Admin admin = Admin.create(Map.of("bootstrap.servers", cluster.bootstrapServers()))) {
      List<String> names = Topics.all().stream().<String>map(Topic::name).toList();
      RegistryClient registry =
          new RegistryClient(
              RegistryConfig.from(Map.of(RegistryConfig.URL, cluster.registryUrl())));
      // When
      Map<String, TopicDescription> topics = admin.describeTopics(names).allTopicNames().get();
      // Then
      for (Topic<?> topic : Topics.all()) {
        ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic.name());
        var configs = admin.describeConfigs(List.of(resource)).all().get().get(resource);
        assertThat(topics.get(topic.name()).partitions()).hasSize(topic.partitions());
        assertThat(topic.configs())
            .allSatisfy((key, value) -> assertThat(configs.get(key).value()).isEqualTo(value));
        assertThat(registry.latest(topic.subject()).schema()).isEqualTo(topic.schema());
        assertThat(registry.compatibility(topic.subject())).contains("BACKWARD");
      }
    }
  }

  @Test
  void shouldKeepRecordsAndSchemasOverARestartOnOtherPorts() {
    // Given
    try (EmbeddedCluster cluster = EmbeddedCluster.start(dir)) {
      produce(cluster, RECORD);
    }
    // When
    try (EmbeddedCluster cluster = EmbeddedCluster.start(dir)) {
      // Then
      assertThat(values(cluster, SERDES)).containsExactly(RECORD);
    }
  }

  @Test
  void shouldKeepItsPortsOverARestart() {
    // Given
    int brokerPort;
    int registryPort;
    try (EmbeddedCluster cluster = EmbeddedCluster.start(dir)) {
      brokerPort = URI.create("kafka://" + cluster.bootstrapServers()).getPort();
      registryPort = URI.create(cluster.registryUrl()).getPort();
    }
    // When
    try (EmbeddedCluster cluster = EmbeddedCluster.start(dir, brokerPort, registryPort)) {
      // Then
      assertThat(cluster.bootstrapServers()).isEqualTo("127.0.0.1:" + brokerPort);
      assertThat(cluster.registryUrl()).isEqualTo("http://127.0.0.1:" + registryPort);
    }
  }

  @Test
  void shouldGoOnAfterItsProcessWasKilled() throws Exception {
    // Given
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                BrokerProcess.class.getName(),
                dir.toString(),
                Topics.ERASURES.name(),
                "kept")
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (BufferedReader output =
        new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8))) {
      assertThat(output.readLine()).isEqualTo("ready");
    } finally {
      process.destroyForcibly().waitFor();
    }
    // When
    try (EmbeddedCluster cluster = EmbeddedCluster.start(dir)) {
      // Then
      assertThat(values(cluster, STRINGS)).containsExactly("kept");
    }
  }

  @Test
  void shouldRefuseAFolderInUse() {
    // Given
    try (EmbeddedBroker broker = EmbeddedBroker.start(dir, 0)) {
      // When / Then
      assertThatThrownBy(() -> EmbeddedBroker.start(dir, 0))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining(dir.toString());
      assertThat(broker.bootstrapServers()).startsWith("127.0.0.1:");
    }
  }

  @Test
  void shouldRefuseAPortInUse() {
    // Given
    try (EmbeddedBroker broker = EmbeddedBroker.start(dir.resolve("first"), 0)) {
      int port = URI.create("kafka://" + broker.bootstrapServers()).getPort();
      // When / Then
      assertThatThrownBy(() -> EmbeddedBroker.start(dir.resolve("second"), port))
          .hasMessage("Port " + port + " on 127.0.0.1 cannot be used");
    }
  }

  private static void produce(EmbeddedCluster cluster, ErasureRequest record) {
    Map<String, Object> configs = new HashMap<>(clients(cluster));
    configs.put("key.serializer", STRINGS + "Serializer");
    configs.put("value.serializer", SERDES + "Serializer");
    try (KafkaProducer<String, ErasureRequest> producer = new KafkaProducer<>(configs)) {
      producer.send(new ProducerRecord<>(Topics.ERASURES.name(), record.getUserId(), record));
    }
  }

  /** All values of the erasures topic, read with deserializers made by class name. */
  private static List<Object> values(EmbeddedCluster cluster, String deserializer) {
    Map<String, Object> configs = new HashMap<>(clients(cluster));
    configs.put("key.deserializer", STRINGS + "Deserializer");
    configs.put("value.deserializer", deserializer + "Deserializer");
    List<TopicPartition> partitions =
        IntStream.range(0, Topics.ERASURES.partitions())
            .mapToObj(partition -> new TopicPartition(Topics.ERASURES.name(), partition))
            .toList();
    List<Object> values = new ArrayList<>();
    try (KafkaConsumer<String, Object> consumer = new KafkaConsumer<>(configs)) {
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      Awaitility.await()
          .until(
              () -> {
                for (ConsumerRecord<String, Object> record :
                    consumer.poll(Duration.ofMillis(100))) {
                  values.add(record.value());
                }
                return !values.isEmpty();
              });
    }
    return values;
  }

  private static Map<String, Object> clients(EmbeddedCluster cluster) {
    return Map.of(
        "bootstrap.servers", cluster.bootstrapServers(),
        "schema.registry.url", cluster.registryUrl());
  }
}
