package dev.attune.cli.stack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.attune.cli.Attune;
import dev.attune.cli.CliException;
import dev.attune.cli.TestData;
import dev.attune.cli.cluster.PublishedModels;
import dev.attune.cli.readme.ChatProduct;
import dev.attune.cli.traffic.RecordSender;
import dev.attune.schemas.Topics;
import dev.attune.schemas.events.Candidate;
import dev.attune.schemas.events.CandidateScore;
import dev.attune.schemas.events.Choice;
import dev.attune.schemas.events.PreferenceEvent;
import dev.attune.schemas.events.ScoreResult;
import dev.attune.schemas.events.Turn;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands against everything in one process. */
class LocalStackIT {
  private static final int EVENTS = 80;

  @TempDir private static Path dir;
  private static LocalStack stack;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @BeforeAll
  static void start() {
    stack =
        LocalStack.start(
            StackConfig.onFreePorts(dir.resolve("data"), TinyBase.in(dir))
                .with("trainer.checkpoint.interval", "300ms")
                .with("scorer.generate.max-replies", "4")
                .with("scorer.generate.max-tokens", "8"),
            TinyBase.silent());
    stack.awaitReady(Duration.ofSeconds(60));
  }

  @AfterAll
  static void close() {
    if (stack != null) {
      stack.close();
    }
  }

  @Test
  void shouldAccountForEveryEventAlsoWhenItIsSentAgain() throws IOException {
    // Given
    Path events = SampleEvents.write(dir.resolve("events.jsonl"), EVENTS);
    Path report = dir.resolve("first.json");
    assertThat(importing(events, report)).as(err.toString()).isZero();

    // When
    int exitCode = importing(events, dir.resolve("second.json"));

    // Then
    assertThat(exitCode).as(err.toString()).isZero();
    JsonNode first = json(report);
    assertThat(first.path("events_sent").asInt()).isEqualTo(EVENTS);
    assertThat(first.path("events_accepted").asInt()).isEqualTo(EVENTS);
    assertThat(first.path("comparisons").asInt()).isGreaterThan(EVENTS);
    assertThat(json(dir.resolve("second.json")).path("events_duplicate").asInt()).isEqualTo(EVENTS);
  }

  @Test
  void shouldAccountForEveryVoteOfPolis() throws IOException {
    // Given
    Path folder = Files.createDirectories(dir.resolve("polis"));
    Files.writeString(
        folder.resolve("bees.statements.csv"), "statement,text\n0,Keep bees.\n1,Ban hives.\n");
    StringBuilder votes = new StringBuilder("timestamp_ms,voter,statement,vote\n");
    for (int voter = 0; voter < 30; voter++) {
      votes.append("1481275539794,%d,0,%d%n".formatted(voter, voter % 3 - 1));
      votes.append("1481275539794,%d,1,1%n".formatted(voter));
    }
    Files.writeString(folder.resolve("bees.votes.csv"), votes);
    Path report = dir.resolve("polis.json");

    // When
    int exitCode = importing("polis", folder, report);

    // Then
    assertThat(exitCode).as(err.toString()).isZero();
    assertThat(json(report).path("rows_skipped").path("pass").asInt()).isEqualTo(10);
    assertThat(json(report).path("events_sent").asInt()).isEqualTo(50);
    assertThat(json(report).path("events_accepted").asInt()).isEqualTo(50);
    assertThat(json(report).path("judgements").asInt()).isEqualTo(50);
    assertThat(json(report).path("comparisons").asInt()).isZero();
  }

  @Test
  void shouldAccountForTheFirstJudgmentsOfUkp() throws IOException {
    // Given
    Path folder = TestData.folder("ukpconvarg");
    Path report = dir.resolve("ukp.json");
    int rows = 1_000;

    // When
    int exitCode =
        run(
            "import",
            "--format",
            "ukp",
            folder.toString(),
            "--limit",
            String.valueOf(rows),
            "--wait",
            "--json",
            report.toString());

    // Then
    assertThat(exitCode).as(err.toString()).isZero();
    JsonNode json = json(report);
    assertThat(json.path("events_sent").asInt()).isEqualTo(rows);
    assertThat(
            json.path("events_accepted").asInt()
                + json.path("events_rejected").asInt()
                + json.path("events_quarantined").asInt()
                + json.path("events_duplicate").asInt())
        .isEqualTo(rows);
    assertThat(json.path("events_rejected").asInt()).isZero();
    assertThat(json.path("events_duplicate").asInt()).isZero();
    assertThat(json.path("comparisons").asInt()).isEqualTo(json.path("events_accepted").asInt());
  }

  @Test
  void shouldSayWhyEventsAreRejected() throws IOException {
    // Given
    Path events =
        Files.writeString(
            dir.resolve("bad.jsonl"),
            """
            {"userId": "u", "prompt": [], "candidates": [{"id": "a", "text": "x"}, {"id": "a", "text": "y"}], "signal": {"Choice": {"chosenId": "a"}}}
            """);
    Path report = dir.resolve("bad.json");

    // When
    int exitCode = importing(events, report);

    // Then
    assertThat(exitCode).as(err.toString()).isZero();
    assertThat(json(report).path("events_rejected").asInt()).isEqualTo(1);
    assertThat(json(report).path("rejected_by_reason").size()).isEqualTo(1);
  }

  @Test
  void shouldScoreAndWatch() throws IOException {
    // Given
    Path report = dir.resolve("score.json");
    int scored =
        run(
            "score",
            "--user",
            "ada",
            "--domain",
            "law",
            "--prompt",
            "Why?",
            "--candidate",
            "So.",
            "--candidate",
            "Because.",
            "--explain",
            "--json",
            report.toString());
    assertThat(scored).as(err.toString()).isZero();

    // When
    int exitCode =
        run("watch", "--from-beginning", "--user", "ada", "--limit", "1", "--seconds", "30");

    // Then
    assertThat(exitCode).as(err.toString()).isZero();
    assertThat(json(report).path("candidates").size()).isEqualTo(2);
    assertThat(out.toString())
        .contains("P(best is preferred)")
        .containsPattern("decided by the (domain|head): it leads [12] by ")
        .contains(json(report).path("requestId").asText() + " user=ada domain=law model=");
  }

  @Test
  void shouldPrintTheRepliesThatTheScorerWrote() throws IOException {
    // Given
    Path report = dir.resolve("generated.json");

    // When
    int exitCode =
        run(
            "score",
            "--user",
            "gina",
            "--prompt",
            "Why?",
            "--generate",
            "3",
            "--json",
            report.toString());

    // Then
    assertThat(exitCode).as(err.toString()).isZero();
    JsonNode candidates = json(report).path("candidates");
    assertThat(candidates.findValuesAsText("id")).containsExactlyInAnyOrder("g1", "g2", "g3");
    assertThat(candidates.findValues("text")).hasSize(3).allMatch(JsonNode::isTextual);
    assertThat(out.toString()).contains("P(best is preferred)", "g1: ", "g2: ", "g3: ");
  }

  @Test
  void shouldCompareShadowAnswersWithChoices() throws IOException {
    // Given
    Path report = dir.resolve("shadow.json");
    try (RecordSender sender = new RecordSender(stack.kafka(), "test")) {
      sender.send(Topics.PREFERENCES, "eve", chosen("shadow-1", "b")).join();
      sender.send(Topics.REWARDS_SHADOW, "eve", shadow("shadow-1", "b", "a")).join();
    }

    // When
    int exitCode = run("shadow", "--json", report.toString());

    // Then
    assertThat(exitCode).as(err.toString()).isZero();
    assertThat(json(report).path("all").path("choices").asInt()).isEqualTo(1);
    assertThat(json(report).path("all").path("picked").path("mean").asDouble()).isEqualTo(1);
    assertThat(json(report).path("domains").path("law").path("first").asDouble()).isZero();
    assertThat(out.toString()).contains("1 answers in attune.rewards.shadow");
  }

  private static PreferenceEvent chosen(String requestId, String id) {
    return PreferenceEvent.newBuilder()
        .setEventId(requestId)
        .setUserId("eve")
        .setDomain("law")
        .setOccurredAt(Instant.now())
        .setRequestId(requestId)
        .setPrompt(List.of(new Turn("user", "Why?")))
        .setCandidates(List.of(new Candidate("a", "So."), new Candidate("b", "Because.")))
        .setSignal(new Choice(id))
        .build();
  }

  private static ScoreResult shadow(String requestId, String best, String next) {
    return ScoreResult.newBuilder()
        .setRequestId(requestId)
        .setUserId("eve")
        .setDomain("law")
        .setCandidates(List.of(ranked(best, 1), ranked(next, 2)))
        .build();
  }

  private static CandidateScore ranked(String id, int rank) {
    return CandidateScore.newBuilder()
        .setId(id)
        .setReward(-rank)
        .setDomainReward(-rank)
        .setRank(rank)
        .build();
  }

  @Test
  void shouldRunTheProgramOfTheReadme() {
    // Given
    String[] cluster = {stack.bootstrapServers(), stack.registryUrl()};

    // When
    ChatProduct.main(cluster);

    // Then
    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(
            () ->
                assertThat(
                        run(
                            "watch",
                            "--from-beginning",
                            "--user",
                            "user-1",
                            "--limit",
                            "1",
                            "--seconds",
                            "5"))
                    .isZero());
    assertThat(out.toString()).contains("user=user-1 domain=science");
  }

  @Test
  void shouldTellWhyARequestCannotBeScored() {
    // Given
    String prompt = "Why?";

    // When
    int exitCode = run("score", "--prompt", prompt);

    // Then
    assertThat(exitCode).isEqualTo(Attune.FAILURE);
    assertThat(err.toString()).startsWith("error: ").contains("NO_CANDIDATES").hasLineCount(1);
  }

  @Test
  void shouldFindItsTopicsAndSchemasInOrder() {
    // Given
    int topics = run("topics", "check");

    // When
    int schemas = run("schemas", "check");

    // Then
    assertThat(topics).as(out.toString()).isZero();
    assertThat(schemas).as(out.toString()).isZero();
    assertThat(run("topics", "create", "--dry-run")).isZero();
    assertThat(run("schemas", "register", "--dry-run")).isZero();
    assertThat(out.toString()).doesNotContain("would be");
  }

  @Test
  void shouldTrainTheGeneralModel() throws IOException {
    // Given
    Path general = Files.createDirectories(dir.resolve("data-set/general"));
    StringBuilder pairs = new StringBuilder("[");
    for (int i = 0; i < 40; i++) {
      pairs.append(i == 0 ? "" : ",").append(pair("Question " + i, "Yes " + i, "No " + i));
    }
    Files.writeString(general.resolve("helpful.json"), pairs.append("]"));
    Path report = dir.resolve("general.json");

    // When
    int exitCode =
        run(
            "general",
            "train",
            "--data",
            dir.resolve("data-set").toString(),
            "--json",
            report.toString());

    // Then
    assertThat(exitCode).as(err.toString()).isZero();
    assertThat(json(report).path("events_accepted").asInt()).isEqualTo(40);
    assertThat(json(report).path("version").asInt()).isPositive();
  }

  @Test
  void shouldServeHealthAndMetrics() throws Exception {
    // Given
    HttpClient http = HttpClient.newHttpClient();
    URI ready = URI.create("http://127.0.0.1:" + stack.managementPort() + "/readyz");

    // When
    int status =
        http.send(HttpRequest.newBuilder(ready).build(), HttpResponse.BodyHandlers.discarding())
            .statusCode();

    // Then
    assertThat(status).isEqualTo(200);
  }

  @Test
  void shouldRefuseAnotherBaseOnTheSameData() throws IOException {
    // Given
    Path events = SampleEvents.write(dir.resolve("more.jsonl"), EVENTS);
    assertThat(importing(events, dir.resolve("more.json"))).isZero();
    awaitModel();
    Path other = TinyBase.in(Files.createDirectories(dir.resolve("other")), 7);
    StackConfig config =
        StackConfig.onFreePorts(dir.resolve("other-data"), other)
            .against(stack.bootstrapServers(), stack.registryUrl());

    // When
    var thrown = assertThatThrownBy(() -> LocalStack.start(config, TinyBase.silent()));

    // Then
    thrown.isInstanceOf(CliException.class).hasMessageContaining("belong to another base");
  }

  private static void awaitModel() {
    try (PublishedModels models = new PublishedModels(stack.kafka())) {
      await().atMost(Duration.ofSeconds(30)).until(() -> !models.refresh().isEmpty());
    }
  }

  private int importing(Path events, Path report) {
    return importing("jsonl", events, report);
  }

  private int importing(String format, Path path, Path report) {
    return run(
        "import", "--format", format, "--wait", path.toString(), "--json", report.toString());
  }

  private int run(String... args) {
    List<String> all = new ArrayList<>(List.of(args));
    all.addAll(List.of("--bootstrap", stack.bootstrapServers(), "--registry", stack.registryUrl()));
    return Attune.run(new PrintWriter(out), new PrintWriter(err), all.toArray(String[]::new));
  }

  private static String pair(String question, String good, String bad) {
    String text = "\"\\n\\nHuman: %s\\n\\nAssistant: %s\"";
    return "{\"text\": [%s, %s], \"score\": [1, 0]}"
        .formatted(text.formatted(question, good), text.formatted(question, bad));
  }

  private static JsonNode json(Path file) throws IOException {
    return new ObjectMapper().readTree(file.toFile());
  }
}
