package dev.attune.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.attune.embedded.EmbeddedCluster;
import dev.attune.platform.Configuration;
import dev.attune.platform.KafkaSettings;
import dev.attune.schemas.Topic;
import dev.attune.schemas.Topics;
import dev.attune.schemas.events.CandidateScore;
import dev.attune.schemas.events.Feedback;
import dev.attune.schemas.events.Position;
import dev.attune.schemas.events.PreferenceBucket;
import dev.attune.schemas.events.Reply;
import dev.attune.schemas.events.ScoreResult;
import dev.attune.schemas.events.ScoreVersions;
import dev.attune.schemas.serde.AvroDeserializer;
import dev.attune.schemas.serde.AvroSerializer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Events meet their results on a real broker, though both came while ingest was away. */
class JoinIT {
  private static final int REQUESTS = 40;

  @TempDir Path dir;
  private final List<Feedback> learned = new ArrayList<>();

  @Test
  void shouldJoinABacklogInTheOrderOfTime() throws Exception {
    // Given
    try (EmbeddedCluster cluster = EmbeddedCluster.start(dir.resolve("broker"))) {
      KafkaSettings kafka = KafkaSettings.of(cluster.bootstrapServers(), cluster.registryUrl());
      try (KafkaProducer<String, SpecificRecord> producer = producer(kafka)) {
        for (int i = 0; i < REQUESTS; i++) {
          send(producer, Topics.REWARDS, user(i), result(user(i), "r" + i));
        }
        for (int i = 0; i < REQUESTS; i++) {
          send(
              producer,
              Topics.PREFERENCES,
              user(i),
              Events.choice(user(i), "e" + i, 2).setRequestId("r" + i).build());
        }
      }
      SimpleMeterRegistry meters = new SimpleMeterRegistry();

      // When
      try (IngestApp ingest = new IngestApp(config(cluster), meters);
          KafkaConsumer<String, PreferenceBucket> consumer = consumer(kafka)) {
        ingest.start();

        // Then
        await()
            .atMost(Duration.ofSeconds(90))
            .untilAsserted(
                () -> {
                  consumer
                      .poll(Duration.ofMillis(100))
                      .forEach(record -> learned.addAll(record.value().getFeedback()));
                  assertThat(learned).hasSize(REQUESTS);
                });
      }
      double joined = meters.get("attune.ingest.joins").tag("outcome", "joined").counter().count();
      assertThat(joined).isEqualTo(REQUESTS);
      assertThat(learned)
          .allSatisfy(
              feedback ->
                  assertThat(feedback.getReplies())
                      .extracting(Reply::getServedReward)
                      .containsExactly(1.0, 0.5));
    }
  }

  private IngestConfig config(EmbeddedCluster cluster) {
    return IngestConfig.from(
        Configuration.of(
            Map.of(
                "kafka.bootstrap.servers", cluster.bootstrapServers(),
                "schema.registry.url", cluster.registryUrl(),
                "ingest.state.dir", dir.resolve("state").toString(),
                "ingest.replication-factor", "1")));
  }

  private static String user(int i) {
    return "user" + i % 7;
  }

  private static ScoreResult result(String user, String requestId) {
    return ScoreResult.newBuilder()
        .setRequestId(requestId)
        .setUserId(user)
        .setDomain("cooking")
        .setCandidates(
            List.of(
                new CandidateScore("a", 1.0, 1.0, null, null, 1, null, null, null),
                new CandidateScore("b", 0.5, 0.5, null, null, 2, null, null, null)))
        .setVersions(new ScoreVersions("sha", "general", 1L, null, null, null, null))
        .setSource(new Position("attune.prompts", 0, 1L))
        .build();
  }

  private static void send(
      KafkaProducer<String, SpecificRecord> producer,
      Topic<?> topic,
      String key,
      SpecificRecord value)
      throws Exception {
    producer.send(new ProducerRecord<>(topic.name(), key, value)).get();
  }

  private static KafkaProducer<String, SpecificRecord> producer(KafkaSettings kafka) {
    AvroSerializer<SpecificRecord> values = new AvroSerializer<>();
    values.configure(kafka.serde(), false);
    return new KafkaProducer<>(kafka.producer("test"), new StringSerializer(), values);
  }

  private static KafkaConsumer<String, PreferenceBucket> consumer(KafkaSettings kafka) {
    AvroDeserializer<PreferenceBucket> values = new AvroDeserializer<>(PreferenceBucket.class);
    values.configure(kafka.serde(), false);
    KafkaConsumer<String, PreferenceBucket> consumer =
        new KafkaConsumer<>(kafka.consumerWithoutGroup("test"), new StringDeserializer(), values);
    List<TopicPartition> partitions =
        IntStream.range(0, Topics.BUCKETS_BY_USER.partitions())
            .mapToObj(partition -> new TopicPartition(Topics.BUCKETS_BY_USER.name(), partition))
            .toList();
    consumer.assign(partitions);
    consumer.seekToBeginning(partitions);
    return consumer;
  }
}
