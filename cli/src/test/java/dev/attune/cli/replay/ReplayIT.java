package dev.attune.cli.replay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.attune.cli.Attune;
import dev.attune.cli.cluster.PublishedModels;
import dev.attune.cli.stack.TinyBase;
import dev.attune.cli.traffic.RecordSender;
import dev.attune.embedded.EmbeddedCluster;
import dev.attune.platform.Configuration;
import dev.attune.platform.KafkaSettings;
import dev.attune.schemas.ModelKeys;
import dev.attune.schemas.Topics;
import dev.attune.schemas.events.Comparison;
import dev.attune.schemas.events.Feedback;
import dev.attune.schemas.events.ModelVersion;
import dev.attune.schemas.events.PreferenceBucket;
import dev.attune.schemas.events.Reply;
import dev.attune.schemas.events.Route;
import dev.attune.schemas.events.Turn;
import dev.attune.trainer.TrainerApp;
import dev.attune.trainer.TrainerConfig;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A trainer's version is learned again from the buckets that it learned from. */
class ReplayIT {
  private static final String LAW = "domain/law";
  private static final Map<String, String> LEARNING =
      Map.of("trainer.gate.enabled", "false", "trainer.learning.batch-events", "4");

  @TempDir private static Path dir;
  private static EmbeddedCluster cluster;
  private static RecordSender sender;
  private static TrainerApp trainer;
  private static Path base;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @BeforeAll
  static void start() throws Exception {
    base = TinyBase.in(dir);
    cluster = EmbeddedCluster.start(dir.resolve("broker"));
    sender = new RecordSender(kafka(), "test");
    Map<String, String> settings = new HashMap<>(LEARNING);
    settings.put("kafka.bootstrap.servers", cluster.bootstrapServers());
    settings.put("schema.registry.url", cluster.registryUrl());
    settings.put("trainer.base", base.toString());
    settings.put("trainer.precision", "fp32");
    settings.put("trainer.checkpoint.interval", "100ms");
    trainer =
        new TrainerApp(TrainerConfig.from(Configuration.of(settings)), new SimpleMeterRegistry());
    trainer.start();
    for (int version = 1; version <= 2; version++) {
      send(version);
      String key = ModelKeys.history(LAW, version);
      await().atMost(Duration.ofSeconds(90)).until(() -> manifests().containsKey(key));
    }
    trainer.close();
  }

  @AfterAll
  static void stop() throws Exception {
    if (trainer != null) {
      trainer.close();
    }
    if (sender != null) {
      sender.close();
    }
    if (cluster != null) {
      cluster.close();
    }
  }

  @Test
  void shouldComeToTheSameBytes() throws IOException {
    // Given
    Path report = dir.resolve("replay.json");

    // When
    int exitCode = run(LEARNING, "--from", "1", "--to", "2", "--json", report.toString());

    // Then
    assertThat(exitCode).as(err.toString()).isZero();
    JsonNode json = new ObjectMapper().readTree(report.toFile());
    assertThat(json.path("weights_equal").asBoolean()).isTrue();
    assertThat(json.path("state_equal").asBoolean()).isTrue();
    assertThat(json.path("buckets").asLong()).isEqualTo(1);
    assertThat(json.path("earliest_version").asLong()).isEqualTo(1);
    assertThat(out.toString())
        .contains("domain/law version 2 comes from version 1 and these buckets, bit for bit");
  }

  @Test
  void shouldNotTakeOtherSettings() {
    // When
    int exitCode = run(Map.of("trainer.gate.enabled", "false"), "--from", "1", "--to", "2");

    // Then
    assertThat(exitCode).isEqualTo(Attune.FAILURE);
    assertThat(err.toString())
        .contains("was learned with the configuration")
        .contains("give those of the trainer with --set");
  }

  private static void send(int number) {
    List<Feedback> feedback = IntStream.range(0, 8).mapToObj(i -> feedback(number, i)).toList();
    PreferenceBucket bucket =
        PreferenceBucket.newBuilder()
            .setRoute(Route.BY_DOMAIN)
            .setUserId("ann")
            .setDomain("law")
            .setSequence(number - 1)
            .setFeedback(feedback)
            .setFirstEventAt(Instant.EPOCH)
            .setLastEventAt(Instant.EPOCH)
            .setSourcePartition(0)
            .setSourceOffsets(feedback.stream().map(Feedback::getOffset).toList())
            .setRetractions(List.of())
            .build();
    sender.send(Topics.BUCKETS_BY_DOMAIN, "law", bucket).join();
  }

  private static Feedback feedback(int bucket, int number) {
    int offset = 100 * bucket + number;
    return Feedback.newBuilder()
        .setEventId("e" + offset)
        .setOffset(offset)
        .setOccurredAt(Instant.EPOCH)
        .setPrompt(List.of(new Turn("user", "What comes after " + offset + "?")))
        .setReplies(
            List.of(
                Reply.newBuilder().setId("a").setText("After it comes another one.").build(),
                Reply.newBuilder().setId("b").setText("Nothing that I know of.").build()))
        .setComparisons(List.of(new Comparison(0, 1, 1f, 0f, false)))
        .setJudgements(List.of())
        .build();
  }

  private static Map<String, ModelVersion> manifests() {
    try (PublishedModels models = new PublishedModels(kafka())) {
      return models.refreshAll();
    }
  }

  private static KafkaSettings kafka() {
    return KafkaSettings.of(cluster.bootstrapServers(), cluster.registryUrl());
  }

  private int run(Map<String, String> learning, String... arguments) {
    List<String> all =
        new ArrayList<>(List.of("replay", "--model", "law", "--base", base.toString()));
    learning.forEach((key, value) -> all.addAll(List.of("--set", key + "=" + value)));
    all.addAll(List.of(arguments));
    all.addAll(
        List.of("--bootstrap", cluster.bootstrapServers(), "--registry", cluster.registryUrl()));
    return Attune.run(new PrintWriter(out), new PrintWriter(err), all.toArray(String[]::new));
  }
}
