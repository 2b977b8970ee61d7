package dev.attune.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.attune.embedded.EmbeddedCluster;
import dev.attune.platform.Configuration;
import dev.attune.schemas.Topics;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What ingest finds before it starts, on a real broker. */
class TopicLayoutIT {
  private static final Set<String> INTERNAL = Set.of("attune-ingest-seen-changelog");

  @TempDir Path dir;
  private EmbeddedCluster cluster;
  private Admin admin;

  @BeforeEach
  void start() {
    cluster = EmbeddedCluster.start(dir.resolve("broker"));
    admin = Admin.create(Map.of("bootstrap.servers", cluster.bootstrapServers()));
  }

  @AfterEach
  void stop() {
    admin.close();
    cluster.close();
  }

  @Test
  void shouldFindAClusterAsItIsMadeUsable() throws Exception {
    // When
    TopicLayout layout = TopicLayout.of(admin, "nobody", INTERNAL, 1);

    // Then
    assertThat(layout).isEqualTo(new TopicLayout(List.of(), List.of(), ""));
  }

  @Test
  void shouldNameTheTopicItsPartitionsAndWhatIsAllowed() throws Exception {
    // Given
    admin.createPartitions(Map.of(Topics.REWARDS.name(), NewPartitions.increaseTo(9))).all().get();
    admin.deleteTopics(List.of(Topics.ERASURES.name())).all().get();

    // When
    List<String> errors =
        await()
            .atMost(Duration.ofSeconds(20))
            .until(
                () -> TopicLayout.of(admin, "nobody", INTERNAL, 1).errors(),
                found -> found.size() == 2);

    // Then
    assertThat(errors)
        .containsExactlyInAnyOrder(
            "topic attune.rewards has 9 partitions; allowed is as many as attune.preferences has, 8",
            "topic attune.erasures does not exist; 'attune topics create' makes it");
  }

  @Test
  void shouldWarnWhereProducersClocksDecide() throws Exception {
    // Given
    ConfigResource topic = new ConfigResource(ConfigResource.Type.TOPIC, Topics.PREFERENCES.name());
    ConfigEntry createTime = new ConfigEntry("message.timestamp.type", "CreateTime");
    admin
        .incrementalAlterConfigs(
            Map.of(topic, List.of(new AlterConfigOp(createTime, AlterConfigOp.OpType.SET))))
        .all()
        .get();

    // When
    TopicLayout layout =
        await()
            .atMost(Duration.ofSeconds(20))
            .until(
                () -> TopicLayout.of(admin, "nobody", INTERNAL, 1),
                found -> !found.warnings().isEmpty());

    // Then
    assertThat(layout.usable()).isTrue();
    assertThat(layout.warnings().get(0))
        .contains("attune.preferences", "message.timestamp.type=CreateTime", "LogAppendTime");
  }

  @Test
  void shouldNotBeLiveWhereTheClusterHasTooFewBrokers() {
    // Given
    Map<String, String> settings =
        Map.of(
            "kafka.bootstrap.servers", cluster.bootstrapServers(),
            "schema.registry.url", cluster.registryUrl(),
            "ingest.state.dir", dir.resolve("state").toString());
    try (IngestApp app =
        new IngestApp(IngestConfig.from(Configuration.of(settings)), new SimpleMeterRegistry())) {
      // When
      app.start();

      // Then
      await().atMost(Duration.ofSeconds(30)).until(() -> !app.live());
      assertThat(app.ready()).isFalse();
    }
  }

  @Test
  void shouldNameTheReplicationFactorAndWhatIsAllowed() throws Exception {
    // When
    TopicLayout layout = TopicLayout.of(admin, "nobody", INTERNAL, 3);

    // Then
    assertThat(layout.errors())
        .containsExactly(
            "ingest.replication-factor = 3 is not allowed: the cluster has 1 broker, so must be 1");
  }

  @Test
  void shouldRefuseStateWhosePositionsAreGone() throws Exception {
    // Given
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", cluster.bootstrapServers()),
            new ByteArraySerializer(),
            new ByteArraySerializer())) {
      producer.send(new ProducerRecord<>(Topics.EVALUATIONS.name(), new byte[1])).get();
    }

    // When
    TopicLayout layout = TopicLayout.of(admin, "nobody", Set.of(Topics.EVALUATIONS.name()), 1);

    // Then
    assertThat(layout.errors())
        .singleElement()
        .asString()
        .startsWith("group nobody has state but no committed positions");
  }

  @Test
  void shouldNotAskForBrokersWhereItsTopicsExist() throws Exception {
    // When
    TopicLayout layout = TopicLayout.of(admin, "nobody", Set.of(Topics.PREFERENCES.name()), 3);

    // Then
    assertThat(layout.usable()).isTrue();
  }

  @Test
  void shouldWaitForBrokersThatAreAway() {
    // Given
    Map<String, String> settings =
        Map.of(
            "kafka.bootstrap.servers", "127.0.0.1:1",
            "kafka.default.api.timeout.ms", "300",
            "kafka.request.timeout.ms", "200",
            "schema.registry.url", cluster.registryUrl(),
            "ingest.state.dir", dir.resolve("state").toString());
    try (IngestApp app =
        new IngestApp(IngestConfig.from(Configuration.of(settings)), new SimpleMeterRegistry())) {
      // When
      app.start();

      // Then
      await()
          .during(Duration.ofSeconds(2))
          .atMost(Duration.ofSeconds(10))
          .until(() -> app.live() && !app.ready());
    }
  }
}
