package dev.attune.cli.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.attune.cli.Attune;
import dev.attune.cli.cluster.ArtifactInventory;
import dev.attune.cli.cluster.PublishedModels;
import dev.attune.cli.traffic.RecordSender;
import dev.attune.embedded.EmbeddedCluster;
import dev.attune.platform.KafkaSettings;
import dev.attune.schemas.ModelKeys;
import dev.attune.schemas.Topics;
import dev.attune.schemas.events.ArtifactChunk;
import dev.attune.schemas.events.ModelVersion;
import dev.attune.schemas.serde.AvroSerializer;
import dev.attune.trainer.core.Chunks;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands against manifests and artifacts on a real broker; each test has its own model. */
class ModelsIT {
  @TempDir private static Path dir;
  private static EmbeddedCluster cluster;
  private static RecordSender sender;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @BeforeAll
  static void start() {
    cluster = EmbeddedCluster.start(dir.resolve("broker"));
    sender = new RecordSender(kafka(), "test");
  }

  @AfterAll
  static void stop() {
    if (sender != null) {
      sender.close();
    }
    if (cluster != null) {
      cluster.close();
    }
  }

  @Test
  void shouldListAndShowWhatIsPublished() throws IOException {
    // Given
    publish("domain/shown", 3);
    byte[] weights = Manifests.weights("domain/shown", 1);
    sender.sendTombstone(Topics.ARTIFACTS, Chunks.key(Chunks.sha256(weights), 0)).join();
    Path list = dir.resolve("list.json");
    Path old = dir.resolve("old.json");
    assertThat(run("list", "--json", list.toString())).as(err.toString()).isZero();
    assertThat(run("show", "shown", "--version", "1", "--json", old.toString())).isZero();
    Path show = dir.resolve("show.json");

    // When
    int exitCode = run("show", "domain/shown", "--json", show.toString());

    // Then
    assertThat(exitCode).as(err.toString()).isZero();
    JsonNode row =
        json(list)
            .path("models")
            .valueStream()
            .filter(model -> model.path("model").asText().equals("domain/shown"))
            .findFirst()
            .orElseThrow();
    assertThat(row.path("version").asLong()).isEqualTo(3);
    assertThat(row.path("served").asLong()).isEqualTo(3);
    assertThat(row.path("comparisons").asLong()).isEqualTo(120);
    assertThat(row.path("verdict").asText()).isEqualTo("published");
    JsonNode shown = json(show);
    assertThat(shown.path("positions").path(0).path("next_offset").asLong()).isEqualTo(300);
    assertThat(shown.path("config_hash").asText()).isEqualTo("c0ffee");
    assertThat(shown.path("weights").path("present").asInt()).isEqualTo(1);
    assertThat(shown.path("versions").size()).isEqualTo(3);
    assertThat(json(old).path("weights").path("present").asInt()).isZero();
    assertThat(json(old).path("state").path("present").asInt()).isEqualTo(1);
    assertThat(out.toString())
        .contains("gain 0.0300000 on 64 recent: better")
        .contains("0 of 1 chunks are there");
  }

  @Test
  void shouldPinAndUnpin() {
    // Given
    publish("domain/held", 3);
    assertThat(run("pin", "held", "--version", "2", "--dry-run")).isZero();
    assertThat(manifests()).doesNotContainKey(ModelKeys.pin("domain/held"));
    assertThat(run("pin", "held", "--version", "2")).as(err.toString()).isZero();
    assertThat(manifests())
        .containsEntry(ModelKeys.pin("domain/held"), Manifests.of("domain/held", 2));

    // When
    int exitCode = run("unpin", "held");

    // Then
    assertThat(exitCode).as(err.toString()).isZero();
    assertThat(manifests()).doesNotContainKey(ModelKeys.pin("domain/held"));
    assertThat(run("unpin", "held")).isEqualTo(Attune.FAILURE);
    assertThat(err.toString()).contains("error: domain/held is not pinned");
  }

  @Test
  void shouldWaitUntilTheTrainerHasTakenTheRollbackUp() throws IOException {
    // Given
    publish("domain/back", 3);
    String key = ModelKeys.rollback("domain/back");
    Path report = dir.resolve("rollback.json");
    CompletableFuture<Void> trainer =
        CompletableFuture.runAsync(
            () -> {
              await().atMost(Duration.ofSeconds(30)).until(() -> manifests().containsKey(key));
              sender.sendTombstone(Topics.MODELS, key).join();
            });

    // When
    int exitCode = run("rollback", "back", "--json", report.toString());

    // Then
    assertThat(exitCode).as(err.toString()).isZero();
    trainer.join();
    assertThat(json(report).path("version").asLong()).isEqualTo(2);
    assertThat(json(report).path("taken_up").asBoolean()).isTrue();
  }

  @Test
  void shouldLeaveTheRequestWhereNoTrainerIs() {
    // Given
    publish("domain/alone", 3);

    // When
    int exitCode = run("rollback", "alone", "--to", "1", "--timeout", "1");

    // Then
    assertThat(exitCode).isEqualTo(Attune.FAILURE);
    assertThat(err.toString()).contains("served at version 1, but no trainer has taken that up");
    assertThat(manifests())
        .containsEntry(ModelKeys.rollback("domain/alone"), Manifests.of("domain/alone", 1));
    assertThat(run("rollback", "alone", "--cancel")).isZero();
    assertThat(manifests()).doesNotContainKey(ModelKeys.rollback("domain/alone"));
  }

  @Test
  void shouldNotGoBackToWhatIsGone() {
    // Given
    publish("domain/gone", 2);
    byte[] state = Manifests.state("domain/gone", 1);
    sender.sendTombstone(Topics.ARTIFACTS, Chunks.key(Chunks.sha256(state), 0)).join();

    // When
    int exitCode = run("rollback", "gone");

    // Then
    assertThat(exitCode).isEqualTo(Attune.FAILURE);
    assertThat(err.toString())
        .startsWith("error: domain/gone version 1 cannot be served again")
        .contains(Chunks.sha256(state))
        .contains("0 of 1 chunks are there");
    assertThat(manifests()).doesNotContainKey(ModelKeys.rollback("domain/gone"));
  }

  @Test
  void shouldDeleteWhatNoManifestNames() throws IOException {
    // Given
    publish("domain/kept", 2);
    String old = store("left two hours ago", Duration.ofHours(2));
    String young = store("stored a minute ago", Duration.ofMinutes(1));
    assertThat(run("clean", "--dry-run")).as(err.toString()).isZero();
    assertThat(stored()).contains(old, young);
    Path report = dir.resolve("clean.json");

    // When
    int exitCode = run("clean", "--json", report.toString());

    // Then
    assertThat(exitCode).as(err.toString()).isZero();
    assertThat(stored())
        .contains(
            young,
            Chunks.sha256(Manifests.weights("domain/kept", 1)),
            Chunks.sha256(Manifests.state("domain/kept", 2)))
        .doesNotContain(old);
    assertThat(json(report).path("artifacts").asInt()).isEqualTo(1);
    assertThat(json(report).path("bytes").asInt()).isEqualTo("left two hours ago".length());
    assertThat(json(report).path("younger").asInt()).isPositive();
    assertThat(run("clean")).isZero();
    assertThat(out.toString()).contains("0 artifacts of 0 bytes are deleted");
  }

  /** Stores an artifact that nothing names; returns its sha-256. */
  private static String store(String content, Duration ago) {
    byte[] bytes = content.getBytes(StandardCharsets.UTF_8);
    ArtifactChunk chunk = Chunks.split(Chunks.describe(bytes), bytes).get(0);
    try (AvroSerializer<ArtifactChunk> serializer = new AvroSerializer<>();
        KafkaProducer<String, byte[]> producer =
            new KafkaProducer<>(
                kafka().producer("test"), new StringSerializer(), new ByteArraySerializer())) {
      serializer.configure(kafka().serde(), false);
      producer.send(
          new ProducerRecord<>(
              Topics.ARTIFACTS.name(),
              null,
              Instant.now().minus(ago).toEpochMilli(),
              Chunks.key(chunk.getSha256(), 0),
              serializer.serialize(Topics.ARTIFACTS.name(), chunk)));
    }
    return chunk.getSha256();
  }

  /** The artifacts that are stored. */
  private static List<String> stored() {
    try (ArtifactInventory inventory = new ArtifactInventory(kafka())) {
      inventory.refresh();
      return inventory.unnamed(List.of()).stream().map(ArtifactInventory.Held::sha256).toList();
    }
  }

  private static void publish(String name, long versions) {
    for (long version = 1; version <= versions; version++) {
      for (byte[] bytes :
          List.of(Manifests.weights(name, version), Manifests.state(name, version))) {
        for (ArtifactChunk chunk : Chunks.split(Chunks.describe(bytes), bytes)) {
          sender
              .send(Topics.ARTIFACTS, Chunks.key(chunk.getSha256(), chunk.getIndex()), chunk)
              .join();
        }
      }
    }
    Manifests.published(name, versions)
        .forEach((key, manifest) -> sender.send(Topics.MODELS, key, manifest).join());
  }

  private static Map<String, ModelVersion> manifests() {
    try (PublishedModels models = new PublishedModels(kafka())) {
      return models.refreshAll();
    }
  }

  private static KafkaSettings kafka() {
    return KafkaSettings.of(cluster.bootstrapServers(), cluster.registryUrl());
  }

  private static JsonNode json(Path file) throws IOException {
    return new ObjectMapper().readTree(file.toFile());
  }

  private int run(String... arguments) {
    List<String> all = new ArrayList<>(List.of("models"));
    all.addAll(List.of(arguments));
    all.addAll(
        List.of("--bootstrap", cluster.bootstrapServers(), "--registry", cluster.registryUrl()));
    return Attune.run(new PrintWriter(out), new PrintWriter(err), all.toArray(String[]::new));
  }
}
