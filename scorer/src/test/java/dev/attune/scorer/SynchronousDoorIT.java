package dev.attune.scorer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.attune.platform.Configuration;
import dev.attune.platform.KafkaSettings;
import dev.attune.schemas.events.PreferenceEvent;
import dev.attune.schemas.serde.AvroDeserializer;
import dev.attune.scorer.core.FakeRewards;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class SynchronousDoorIT {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String TOKEN = "0123456789abcdef";

  @TempDir static Path dir;
  private static ScorerTestCluster cluster;

  private final HttpClient http = HttpClient.newHttpClient();

  @BeforeAll
  static void startCluster() {
    cluster = new ScorerTestCluster(dir.resolve("cluster"));
  }

  @AfterAll
  static void stopCluster() {
    cluster.close();
  }

  @Test
  void shouldProduceAnEventToThePartitionOfItsUser() throws Exception {
    // Given
    try (ScorerApp app = start(cluster.flags())) {
      // When
      HttpResponse<String> response = post(app, "/v1/preferences", event("door-1"));

      // Then
      assertThat(response.statusCode()).isEqualTo(202);
      JsonNode position = JSON.readTree(response.body());
      ConsumerRecord<String, PreferenceEvent> record =
          read(position.get("partition").intValue(), position.get("offset").longValue());
      assertThat(position.get("topic").textValue()).isEqualTo("attune.preferences");
      assertThat(record.key()).isEqualTo("ada");
      assertThat(record.value().getEventId()).isEqualTo("door-1");
      JsonNode second = JSON.readTree(post(app, "/v1/preferences", event("door-2")).body());
      assertThat(second.get("partition")).isEqualTo(position.get("partition"));
    }
  }

  @Test
  void shouldRefuseAnEventThatIsTooLargeForTheCluster() throws Exception {
    // Given
    Map<String, String> flags = cluster.flags();
    flags.put("scorer.http.max-body-bytes", "4 MiB");
    String large = event("door-large").replace("So.", "x".repeat(1_100_000));
    try (ScorerApp app = start(flags)) {
      // When
      HttpResponse<String> response = post(app, "/v1/preferences", large);

      // Then
      assertThat(response.statusCode()).isEqualTo(413);
      assertThat(post(app, "/v1/preferences", event("door-small")).statusCode()).isEqualTo(202);
    }
  }

  @Test
  void shouldAnswerWithTheModelInServiceAndPublishNothing() throws Exception {
    // Given
    cluster.publish("domain/door", 3, FakeRewards.weights(2));
    String request =
        """
        {"requestId": "door-", "userId": "ada", "domain": "door", "prompt": [],
         "candidates": [{"id": "a", "text": "abc"}, {"id": "b", "text": "ab"}]}
        """;
    try (ScorerApp app = start(cluster.flags())) {
      await().until(app::ready);

      // When
      HttpResponse<String> response = post(app, "/v1/score", request);

      // Then
      assertThat(response.statusCode()).isEqualTo(200);
      JsonNode result = JSON.readTree(response.body());
      assertThat(result.at("/versions/domainModelVersion").longValue()).isEqualTo(3);
      assertThat(result.at("/candidates/0/reward").doubleValue()).isEqualTo(6);
      assertThat(result.at("/candidates/0/rank").intValue()).isEqualTo(1);
      assertThat(cluster.answers("door-")).isEmpty();
    }
  }

  @Test
  void shouldAskToComeAgainWhileTheClusterIsAway() throws Exception {
    // Given
    Map<String, String> flags = cluster.flags();
    flags.put("kafka.bootstrap.servers", "127.0.0.1:1");
    flags.put("scorer.http.timeout", "500 ms");
    try (ScorerApp app = start(flags)) {
      // When
      HttpResponse<String> event = post(app, "/v1/preferences", event("away"));
      HttpResponse<String> score =
          post(app, "/v1/score", "{\"userId\": \"u\", \"prompt\": [], \"candidates\": []}");

      // Then
      assertThat(event.statusCode()).isIn(503, 504);
      assertThat(score.statusCode()).isEqualTo(503);
      assertThat(app.ready()).isFalse();
      assertThat(app.live()).isTrue();
    }
  }

  @Test
  void shouldHaveNoDoorUnlessToldSo() {
    // Given
    ScorerConfig config = ScorerConfig.from(Configuration.of(cluster.flags()));
    try (ScorerApp app = new ScorerApp(config, new SimpleMeterRegistry(), FakeRewards::new)) {
      // When
      app.start();

      // Then
      assertThat(app.doorPort()).isEmpty();
    }
  }

  private static ScorerApp start(Map<String, String> flags) {
    flags.put("scorer.http.port", "0");
    flags.put("scorer.http.tokens", TOKEN);
    ScorerApp app =
        new ScorerApp(
            ScorerConfig.from(Configuration.of(flags)),
            new SimpleMeterRegistry(),
            FakeRewards::new);
    app.start();
    return app;
  }

  private HttpResponse<String> post(ScorerApp app, String path, String json) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(
                URI.create("http://127.0.0.1:" + app.doorPort().orElseThrow() + path))
            .timeout(Duration.ofSeconds(20))
            .header("Content-Type", "application/json")
            .header("Authorization", "Bearer " + TOKEN)
            .POST(BodyPublishers.ofString(json))
            .build();
    return http.send(request, BodyHandlers.ofString());
  }

  private static String event(String id) {
    return """
        {"eventId": "%s", "userId": "ada", "occurredAt": "2026-01-31T12:00:00Z",
         "prompt": [{"role": "user", "text": "Why?"}],
         "candidates": [{"id": "a", "text": "So."}, {"id": "b", "text": "Because."}],
         "signal": {"Choice": {"chosenId": "b"}}}
        """
        .formatted(id);
  }

  private static ConsumerRecord<String, PreferenceEvent> read(int partition, long offset) {
    KafkaSettings kafka = KafkaSettings.from(Configuration.of(cluster.flags()));
    AvroDeserializer<PreferenceEvent> values = new AvroDeserializer<>(PreferenceEvent.class);
    values.configure(kafka.serde(), false);
    TopicPartition from = new TopicPartition("attune.preferences", partition);
    try (var consumer =
        new KafkaConsumer<>(kafka.consumerWithoutGroup("test"), new StringDeserializer(), values)) {
      consumer.assign(List.of(from));
      consumer.seek(from, offset);
      return await()
          .until(
              () -> consumer.poll(Duration.ofMillis(100)).records(from), found -> !found.isEmpty())
          .get(0);
    }
  }
}
