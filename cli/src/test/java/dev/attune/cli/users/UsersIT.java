package dev.attune.cli.users;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.attune.cli.Attune;
import dev.attune.cli.cluster.TopicReader;
import dev.attune.cli.stack.LocalStack;
import dev.attune.cli.stack.StackConfig;
import dev.attune.cli.stack.TinyBase;
import dev.attune.cli.traffic.RecordSender;
import dev.attune.ingest.ChangelogKeys;
import dev.attune.schemas.Topics;
import dev.attune.schemas.events.Candidate;
import dev.attune.schemas.events.Choice;
import dev.attune.schemas.events.EventReference;
import dev.attune.schemas.events.Position;
import dev.attune.schemas.events.PreferenceEvent;
import dev.attune.schemas.events.ScoreRequest;
import dev.attune.schemas.events.Turn;
import dev.attune.schemas.events.UserEmbedding;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands against everything in one process. */
class UsersIT {
  private static final String TEXT = "Nobody may read this.";

  @TempDir private static Path dir;
  private static LocalStack stack;
  private static RecordSender sender;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @BeforeAll
  static void start() {
    stack =
        LocalStack.start(
            StackConfig.onFreePorts(dir.resolve("data"), TinyBase.in(dir))
                .with("trainer.checkpoint.interval", "300ms")
                // Without a limit ingest does not look at what a user did lately.
                .with("ingest.abuse.repeated-texts", "20"),
            TinyBase.silent());
    stack.awaitReady(Duration.ofSeconds(60));
    sender = new RecordSender(stack.kafka(), "test");
  }

  @AfterAll
  static void close() {
    if (sender != null) {
      sender.close();
    }
    if (stack != null) {
      stack.close();
    }
  }

  @Test
  void shouldShowAStateWithoutTexts() throws IOException {
    // Given
    sender.send(Topics.USERS, "cleo", state("cleo")).join();
    Path report = dir.resolve("cleo.json");

    // When
    int exitCode = run("show", "cleo", "--json", report.toString());

    // Then
    assertThat(exitCode).as(err.toString()).isZero();
    JsonNode json = json(report);
    assertThat(json.path("comparisons").asInt()).isEqualTo(6);
    assertThat(json.path("references").asInt()).isEqualTo(1);
    assertThat(json.path("head").path("mean_length").asDouble()).isEqualTo(5);
    assertThat(json.path("included").path("offset").asLong()).isEqualTo(41);
    assertThat(out.toString()).contains("2 weights, length of the mean 5.0000");
  }

  @Test
  void shouldSayThatThereIsNoState() {
    // When
    int exitCode = run("show", "nobody");

    // Then
    assertThat(exitCode).isEqualTo(Attune.FAILURE);
    assertThat(err.toString()).isEqualTo("error: user nobody has no state\n");
  }

  @Test
  void shouldCertifyAnErasure() throws IOException {
    // Given
    for (int i = 0; i < 3; i++) {
      sender.send(Topics.PREFERENCES, "ann", event("ann", i)).join();
    }
    sender.send(Topics.PROMPTS, "ann", request("ann")).join();
    sender.send(Topics.USERS, "ann", state("ann")).join();
    await()
        .atMost(Duration.ofSeconds(60))
        .untilAsserted(
            () ->
                assertThat(held("ann"))
                    .containsOnlyKeys(
                        "seen-events", "user-activity", "bucket-progress", "served-results"));
    await()
        .atMost(Duration.ofSeconds(60))
        .untilAsserted(() -> assertThat(models("ann")).isEqualTo(Finding.Verdict.HOLDS));
    Path report = dir.resolve("ann.json");

    // When
    int exitCode = run("erase", "ann", "--verify", "--timeout", "120", "--json", report.toString());

    // Then
    assertThat(exitCode).as(err + "\n" + out).isZero();
    JsonNode json = json(report);
    assertThat(json.path("erased").asBoolean()).isTrue();
    assertThat(held("ann")).isEmpty();
    assertThat(models("ann")).isEqualTo(Finding.Verdict.CLEAN);
    assertThat(
            json.path("places").valueStream().filter(p -> p.path("kind").asText().equals("state")))
        .hasSizeGreaterThan(8)
        .allSatisfy(place -> assertThat(place.path("verdict").asText()).isEqualTo("clean"));
    assertThat(place(json, Topics.PREFERENCES.name()).path("verdict").asText()).isEqualTo("holds");
    assertThat(Instant.parse(place(json, Topics.PREFERENCES.name()).path("until").asText()))
        .isAfter(Instant.now().plus(Topics.PREFERENCES.retention().minusDays(1)));
    assertThat(place(json, Topics.BUCKETS_BY_DOMAIN.name()).path("verdict").asText())
        .isEqualTo("holds");
    assertThat(run("show", "ann")).isEqualTo(Attune.FAILURE);
    assertThat(out.toString()).doesNotContain(TEXT);
  }

  @Test
  void shouldNotCertifyWhatItCannotSee() {
    // When
    int exitCode = run("erase", "dora", "--verify", "--timeout", "5", "--ingest", "other");

    // Then
    assertThat(exitCode).isEqualTo(Attune.FAILURE);
    assertThat(err.toString())
        .contains("error: the erasure cannot be certified: ")
        .contains("other-seen-events-changelog there is no such topic");
  }

  /** The stores in which a user has something, and in how many keys. */
  private static Map<String, Long> held(String user) {
    Map<String, Long> held = new TreeMap<>();
    for (String store : ChangelogKeys.STORES) {
      UserRecords records =
          new UserRecords(record -> ChangelogKeys.ofUser(store, record.key(), user));
      TopicReader.readAll(
          stack.kafka(), ChangelogKeys.topic("attune-ingest", store), records::accept);
      if (records.held() > 0) {
        held.put(store, records.held());
      }
    }
    return held;
  }

  /** Whether a model's state has events of the user. */
  private static Finding.Verdict models(String user) {
    try (ModelStatesPlace models = ModelStatesPlace.current(stack.kafka(), user)) {
      return models.look().verdict();
    }
  }

  private static JsonNode place(JsonNode report, String name) {
    return report
        .path("places")
        .valueStream()
        .filter(place -> place.path("place").asText().equals(name))
        .findFirst()
        .orElseThrow();
  }

  private static PreferenceEvent event(String user, int number) {
    return PreferenceEvent.newBuilder()
        .setEventId("e" + number)
        .setUserId(user)
        .setDomain("law")
        .setOccurredAt(Instant.now())
        .setPrompt(List.of(new Turn("user", TEXT)))
        .setCandidates(List.of(new Candidate("a", "So."), new Candidate("b", "Because.")))
        .setSignal(new Choice("a"))
        .build();
  }

  private static ScoreRequest request(String user) {
    return ScoreRequest.newBuilder()
        .setRequestId("r1")
        .setUserId(user)
        .setPrompt(List.of(new Turn("user", TEXT)))
        .setCandidates(List.of(new Candidate("a", "So."), new Candidate("b", "Because.")))
        .build();
  }

  private static UserEmbedding state(String user) {
    return UserEmbedding.newBuilder()
        .setUserId(user)
        .setEpoch(3)
        .setHeadMean(List.of(3f, 4f))
        .setHeadCovariance(List.of(1f, 0f, 1f))
        .setRow(List.of())
        .setOptimiserState(List.of())
        .setComparisons(6)
        .setEvents(5)
        .setIncluded(new Position(Topics.PREFERENCES.name(), 1, 41L))
        .setReferences(List.of(new EventReference(41L, 7L, "law")))
        .setRowReferences(List.of())
        .build();
  }

  private static JsonNode json(Path file) throws IOException {
    return new ObjectMapper().readTree(file.toFile());
  }

  private int run(String... arguments) {
    List<String> all = new ArrayList<>(List.of("users"));
    all.addAll(List.of(arguments));
    all.addAll(List.of("--bootstrap", stack.bootstrapServers(), "--registry", stack.registryUrl()));
    return Attune.run(new PrintWriter(out), new PrintWriter(err), all.toArray(String[]::new));
  }
}
