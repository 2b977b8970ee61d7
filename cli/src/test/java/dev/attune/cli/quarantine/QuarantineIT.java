package dev.attune.cli.quarantine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.attune.cli.Attune;
import dev.attune.embedded.EmbeddedCluster;
import dev.attune.ingest.IngestApp;
import dev.attune.ingest.IngestConfig;
import dev.attune.platform.Configuration;
import dev.attune.platform.KafkaSettings;
import dev.attune.schemas.Topics;
import dev.attune.schemas.events.Candidate;
import dev.attune.schemas.events.Choice;
import dev.attune.schemas.events.ErasureRequest;
import dev.attune.schemas.events.Feedback;
import dev.attune.schemas.events.PreferenceBucket;
import dev.attune.schemas.events.PreferenceEvent;
import dev.attune.schemas.events.Turn;
import dev.attune.schemas.serde.AvroDeserializer;
import dev.attune.schemas.serde.AvroSerializer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Events are held back, listed and released on a real broker, and count once. */
class QuarantineIT {
  private static final int EVENTS = 8;
  private static final int PASS = 3;
  private static final String TEXT = "Nobody may read this.";

  @TempDir private static Path dir;
  private static EmbeddedCluster cluster;
  private static IngestApp ingest;
  private static SimpleMeterRegistry meters;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private final List<PreferenceBucket> buckets = new ArrayList<>();

  @BeforeAll
  static void start() throws Exception {
    cluster = EmbeddedCluster.start(dir.resolve("broker"));
    meters = new SimpleMeterRegistry();
    ingest =
        new IngestApp(
            IngestConfig.from(
                Configuration.of(
                    Map.of(
                        "kafka.bootstrap.servers", cluster.bootstrapServers(),
                        "schema.registry.url", cluster.registryUrl(),
                        "ingest.state.dir", dir.resolve("state").toString(),
                        "ingest.replication-factor", "1",
                        "ingest.abuse.repeated-texts", String.valueOf(PASS)))),
            meters);
    ingest.start();
  }

  @AfterAll
  static void stop() throws Exception {
    if (ingest != null) {
      ingest.close();
    }
    if (cluster != null) {
      cluster.close();
    }
  }

  @Test
  void shouldListReleaseAndCountEachOnce() throws Exception {
    // Given
    double before = count("quarantined", "repeated_text");
    double acceptedBefore = count("accepted", "");
    send("ann");
    await()
        .atMost(Duration.ofSeconds(90))
        .untilAsserted(
            () -> assertThat(count("quarantined", "repeated_text")).isEqualTo(before + 5));
    Path listed = dir.resolve("listed.json");
    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(
            () -> {
              assertThat(run("list", "--user", "ann", "--json", listed.toString())).isZero();
              assertThat(json(listed).path("quarantined").asInt()).isEqualTo(EVENTS - PASS);
            });
    String position = json(listed).path("events").path(0).path("position").asText();
    assertThat(run("release", "--user", "ann", "--dry-run")).isZero();
    Path one = dir.resolve("one.json");
    assertThat(run("release", "--position", position, "--json", one.toString())).isZero();
    Path rest = dir.resolve("rest.json");

    // When
    int released = run("release", "--user", "ann", "--json", rest.toString());

    // Then
    assertThat(released).as(err.toString()).isZero();
    assertThat(json(one).path("released").asInt()).isEqualTo(1);
    assertThat(json(rest).path("released").asInt()).isEqualTo(EVENTS - PASS - 1);
    assertThat(json(rest).path("released_before").asInt()).isEqualTo(1);
    Path again = dir.resolve("again.json");
    assertThat(run("release", "--user", "ann", "--json", again.toString())).isZero();
    assertThat(json(again).path("released").asInt()).isZero();
    assertThat(run("list", "--since", "PT1H")).isZero();
    assertThat(out.toString())
        .contains(position + " ", "REPEATED_TEXT user=ann released: ", "5 of them released")
        .doesNotContain(TEXT);
    try (KafkaConsumer<String, PreferenceBucket> consumer = consumer()) {
      await()
          .atMost(Duration.ofSeconds(30))
          .untilAsserted(
              () -> {
                consumer
                    .poll(Duration.ofMillis(100))
                    .records(Topics.BUCKETS_BY_USER.name())
                    .forEach(record -> ofUser("ann", record));
                assertThat(ids()).hasSize(EVENTS);
              });
    }
    assertThat(ids())
        .containsExactlyInAnyOrderElementsOf(
            IntStream.range(0, EVENTS).mapToObj(i -> "e" + i).toList());
    assertThat(buckets.stream().flatMap(bucket -> bucket.getSourceOffsets().stream()))
        .hasSize(EVENTS)
        .doesNotHaveDuplicates();
    assertThat(count("accepted", "")).isEqualTo(acceptedBefore + EVENTS);
  }

  /** On a user of its own: what the other test does to its user's events does not matter. */
  @Test
  void shouldLetNothingOfAnErasedUserAndNothingOldPass() throws Exception {
    // Given
    send("bea");
    await()
        .atMost(Duration.ofSeconds(90))
        .untilAsserted(
            () -> {
              assertThat(run("list", "--user", "bea", "--json", dir.resolve("b.json").toString()))
                  .isZero();
              assertThat(json(dir.resolve("b.json")).path("quarantined").asInt())
                  .isEqualTo(EVENTS - PASS);
            });
    Path old = dir.resolve("old.json");
    assertThat(run("release", "--user", "bea", "--within", "PT0S", "--json", old.toString()))
        .isZero();
    erase("bea");
    Path erased = dir.resolve("erased.json");

    // When
    int exitCode = run("release", "--user", "bea", "--json", erased.toString());

    // Then
    assertThat(exitCode).as(err.toString()).isZero();
    assertThat(json(old).path("too_old").asInt()).isEqualTo(EVENTS - PASS);
    assertThat(json(old).path("released").asInt()).isZero();
    assertThat(json(erased).path("released").asInt()).isZero();
    assertThat(json(erased).path("too_old").asInt()).isZero();
  }

  private static double count(String outcome, String reason) {
    return meters
        .get("attune.ingest.events")
        .tag("outcome", outcome)
        .tag("reason", reason)
        .counter()
        .count();
  }

  private List<String> ids() {
    return buckets.stream()
        .flatMap(bucket -> bucket.getFeedback().stream())
        .map(Feedback::getEventId)
        .toList();
  }

  private void ofUser(String user, ConsumerRecord<String, PreferenceBucket> record) {
    if (record.key().equals(user) && record.value() != null) {
      buckets.add(record.value());
    }
  }

  private static void erase(String user) throws Exception {
    AvroSerializer<ErasureRequest> serializer = new AvroSerializer<>();
    serializer.configure(kafka().serde(), false);
    try (KafkaProducer<String, ErasureRequest> producer =
        new KafkaProducer<>(kafka().producer("test"), new StringSerializer(), serializer)) {
      ErasureRequest request = new ErasureRequest(user, Instant.now(), "test");
      producer.send(new ProducerRecord<>(Topics.ERASURES.name(), user, request)).get();
    }
  }

  private static void send(String user) throws Exception {
    AvroSerializer<PreferenceEvent> serializer = new AvroSerializer<>();
    serializer.configure(kafka().serde(), false);
    try (KafkaProducer<String, PreferenceEvent> producer =
        new KafkaProducer<>(kafka().producer("test"), new StringSerializer(), serializer)) {
      for (int i = 0; i < EVENTS; i++) {
        PreferenceEvent event =
            PreferenceEvent.newBuilder()
                .setEventId("e" + i)
                .setUserId(user)
                .setOccurredAt(Instant.now())
                .setPrompt(List.of(new Turn("user", TEXT)))
                .setCandidates(List.of(new Candidate("a", "So."), new Candidate("b", "Because.")))
                .setSignal(new Choice("a"))
                .build();
        producer.send(new ProducerRecord<>(Topics.PREFERENCES.name(), user, event)).get();
      }
    }
  }

  private static KafkaConsumer<String, PreferenceBucket> consumer() {
    AvroDeserializer<PreferenceBucket> values = new AvroDeserializer<>(PreferenceBucket.class);
    values.configure(kafka().serde(), false);
    KafkaConsumer<String, PreferenceBucket> consumer =
        new KafkaConsumer<>(kafka().consumerWithoutGroup("test"), new StringDeserializer(), values);
    List<TopicPartition> partitions =
        IntStream.range(0, Topics.BUCKETS_BY_USER.partitions())
            .mapToObj(partition -> new TopicPartition(Topics.BUCKETS_BY_USER.name(), partition))
            .toList();
    consumer.assign(partitions);
    consumer.seekToBeginning(partitions);
    return consumer;
  }

  private static KafkaSettings kafka() {
    return KafkaSettings.of(cluster.bootstrapServers(), cluster.registryUrl());
  }

  private static JsonNode json(Path file) throws IOException {
    return new ObjectMapper().readTree(file.toFile());
  }

  private int run(String... arguments) {
    List<String> all = new ArrayList<>(List.of("quarantine"));
    all.addAll(List.of(arguments));
    all.addAll(
        List.of("--bootstrap", cluster.bootstrapServers(), "--registry", cluster.registryUrl()));
    return Attune.run(new PrintWriter(out), new PrintWriter(err), all.toArray(String[]::new));
  }
}
