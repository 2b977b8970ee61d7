package dev.attune.scorer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.attune.model.lm.BaseModel;
import dev.attune.model.policy.Policy;
import dev.attune.model.policy.UserState;
import dev.attune.platform.Configuration;
import dev.attune.schemas.Topics;
import dev.attune.schemas.events.CandidateScore;
import dev.attune.schemas.events.Position;
import dev.attune.schemas.events.ScoreErrorCode;
import dev.attune.schemas.events.ScoreRequest;
import dev.attune.schemas.events.ScoreResult;
import dev.attune.schemas.events.UserEmbedding;
import dev.attune.scorer.core.Requests;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Replies that the scorer writes itself, by a real policy over a real base. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class GeneratedRepliesIT {
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir static Path dir;
  private static ScorerTestCluster cluster;
  private static BaseModel base;
  private static ScorerApp app;
  private static final SimpleMeterRegistry METERS = new SimpleMeterRegistry();

  @BeforeAll
  static void start() {
    base = TinyBase.make(dir.resolve("base"));
    cluster = new ScorerTestCluster(dir.resolve("cluster"));
    Policy policy = TinyBase.policy(base);
    cluster.publish("policy", 1, base.sha256(), policy.toBytes());
    cluster.publish("general", 1, base.sha256(), TinyBase.train(base));
    cluster.publish(embedding("ada", TinyBase.someone(policy)));
    Map<String, String> flags = cluster.flags();
    flags.put("scorer.generate.max-replies", "8");
    flags.put("scorer.generate.max-tokens", "16");
    flags.put("scorer.http.port", "0");
    app = new ScorerApp(ScorerConfig.from(Configuration.of(flags)), METERS, base);
    app.start();
    await().atMost(PATIENCE).until(app::ready);
  }

  @AfterAll
  static void stop() {
    app.close();
    cluster.close();
    base.close();
  }

  @Test
  void shouldWriteScoreAndRankReplies() {
    // Given
    ScoreRequest request = Requests.of("written").setUserId("ada").setGenerate(8).build();

    // When
    cluster.send(request);

    // Then
    ScoreResult answer = awaitAnswer("written");
    assertThat(answer.getError()).isEqualTo(ScoreErrorCode.NONE);
    assertThat(answer.getCandidates())
        .hasSize(8)
        .isSortedAccordingTo(Comparator.comparing(CandidateScore::getRank))
        .allSatisfy(
            each -> {
              assertThat(each.getText()).isNotNull();
              assertThat(each.getFeatures()).isNotEmpty();
              assertThat(each.getPersonalReward()).isNotZero();
            });
    assertThat(answer.getCandidates())
        .extracting(CandidateScore::getId)
        .containsExactlyInAnyOrder("g1", "g2", "g3", "g4", "g5", "g6", "g7", "g8");
    assertThat(answer.getVersions().getUserRow()).isEqualTo(3);
    assertThat(answer.getSource()).isNotNull();
    assertThat(METERS.get("attune.scorer.generate.replies").counter().count()).isPositive();
  }

  @Test
  void shouldWriteTheSameForTheSameRequestAndOthersForAnotherUser() {
    // Given
    cluster.send(Requests.of("again").setUserId("ada").setGenerate(4).build());
    ScoreResult first = awaitAnswers("again", 1).get(0);

    // When
    cluster.send(Requests.of("again").setUserId("ada").setGenerate(4).build());
    cluster.send(Requests.of("again").setUserId("stranger").setGenerate(4).build());

    // Then
    List<ScoreResult> answers = awaitAnswers("again", 3);
    assertThat(answers).filteredOn(each -> each.getUserId().equals("ada")).hasSize(2);
    for (ScoreResult answer : answers) {
      boolean same = answer.getUserId().equals("ada");
      assertThat(texts(answer).equals(texts(first))).isEqualTo(same);
    }
  }

  @Test
  void shouldWriteOverHttp() throws Exception {
    // Given
    String request =
        """
        {"userId": "ada", "prompt": [{"role": "user", "text": "Why?"}],
         "candidates": [], "generate": %d}
        """;

    // When
    HttpResponse<String> response = post(request.formatted(2));

    // Then
    assertThat(response.statusCode()).isEqualTo(200);
    JsonNode candidates = JSON.readTree(response.body()).path("candidates");
    assertThat(candidates).hasSize(2);
    assertThat(candidates.findValuesAsText("text")).hasSize(2);
    assertThat(candidates.get(0).path("rank").intValue()).isEqualTo(1);
    HttpResponse<String> tooMany = post(request.formatted(9));
    assertThat(tooMany.statusCode()).isEqualTo(422);
    assertThat(JSON.readTree(tooMany.body()).path("code").textValue()).isEqualTo("TOO_LONG");
  }

  private static HttpResponse<String> post(String json) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(
                URI.create("http://127.0.0.1:" + app.doorPort().orElseThrow() + "/v1/score"))
            .timeout(Duration.ofSeconds(20))
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString(json))
            .build();
    return HttpClient.newHttpClient().send(request, BodyHandlers.ofString());
  }

  private static ScoreResult awaitAnswer(String requestId) {
    return awaitAnswers(requestId, 1).get(0);
  }

  private static List<ScoreResult> awaitAnswers(String requestId, int count) {
    return await()
        .atMost(PATIENCE)
        .until(() -> cluster.answers(requestId), answers -> answers.size() == count);
  }

  private static List<String> texts(ScoreResult answer) {
    return answer.getCandidates().stream().map(CandidateScore::getText).toList();
  }

  private static UserEmbedding embedding(String userId, UserState state) {
    Position included = new Position(Topics.PREFERENCES.name(), 0, 5L);
    return UserEmbedding.newBuilder()
        .setUserId(userId)
        .setEpoch(state.epoch())
        .setHeadMean(list(state.head().mean()))
        .setHeadCovariance(list(state.head().covariance()))
        .setEvents(state.events())
        .setRow(list(state.row().mean()))
        .setOptimiserState(list(state.row().covariance()))
        .setRowEvents(state.rowEvents())
        .setIncluded(included)
        .setRowIncluded(included)
        .setReferences(List.of())
        .setRowReferences(List.of())
        .build();
  }

  private static List<Float> list(float[] values) {
    List<Float> list = new ArrayList<>();
    for (float value : values) {
      list.add(value);
    }
    return list;
  }
}
