package dev.attune.scorer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.awaitility.Awaitility.await;

import dev.attune.model.lm.BaseModel;
import dev.attune.platform.Configuration;
import dev.attune.schemas.events.Candidate;
import dev.attune.schemas.events.CandidateScore;
import dev.attune.schemas.events.ScoreErrorCode;
import dev.attune.schemas.events.ScoreRequest;
import dev.attune.schemas.events.ScoreResult;
import dev.attune.scorer.core.FakeRewards;
import dev.attune.scorer.core.Policies;
import dev.attune.scorer.core.Requests;
import dev.attune.scorer.core.RewardFunction.LoadedModel;
import dev.attune.scorer.core.RewardFunction.Task;
import dev.attune.scorer.metrics.ScorerMetrics;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(value = 90, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ScorerIT {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  @TempDir static Path dir;
  private static ScorerTestCluster cluster;

  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();

  @BeforeAll
  static void startCluster() {
    cluster = new ScorerTestCluster(dir.resolve("cluster"));
  }

  @AfterAll
  static void stopCluster() {
    cluster.close();
  }

  @Test
  void shouldAnswerEachFaultWithItsCode() {
    // Given
    Map<String, ScoreRequest.Builder> requests =
        Map.of(
            "EMPTY_USER_ID", Requests.of("code-EMPTY_USER_ID", "a").setUserId(""),
            "NO_CANDIDATES", Requests.of("code-NO_CANDIDATES"),
            "DUPLICATE_CANDIDATE",
                Requests.of("code-DUPLICATE_CANDIDATE")
                    .setCandidates(List.of(new Candidate("a", "1"), new Candidate("a", "2"))),
            "TOO_LONG", Requests.of("code-TOO_LONG", "x".repeat(200_001)),
            "UNKNOWN_BASE", Requests.of("code-UNKNOWN_BASE", "a").setBase("another"),
            "DEADLINE_PASSED", Requests.of("code-DEADLINE_PASSED", "a").setDeadline(Instant.EPOCH),
            "INTERNAL", Requests.of("code-INTERNAL", "NaN"),
            "NONE", Requests.of("code-NONE", "a", "b"));
    requests.values().forEach(request -> cluster.send(request.build()));
    cluster.send("someone", ScorerTestCluster.text("not Avro"));
    cluster.send("someone", null);

    // When
    try (ScorerApp app = start()) {
      awaitAnswers("code-", requests.size());
    }

    // Then
    assertThat(cluster.answers("code-"))
        .allSatisfy(
            result ->
                assertThat(result.getRequestId()).isEqualTo("code-" + result.getError().name()));
    assertThat(cluster.answers(""))
        .filteredOn(result -> result.getError() == ScoreErrorCode.MALFORMED)
        .hasSize(2)
        .allSatisfy(
            result -> {
              assertThat(result.getRequestId()).isEmpty();
              assertThat(result.getUserId()).isEqualTo("someone");
            });
    assertThat(requestsCounted("malformed")).isEqualTo(2);
    assertThat(requestsCounted("none")).isEqualTo(1);
  }

  @Test
  void shouldAnswerWhereNoProductReadsInShadowMode() {
    // Given
    cluster.send(Requests.of("shadow-", "a", "b").build());
    Map<String, String> flags = cluster.flags();
    flags.put("scorer.shadow", "true");
    flags.put("scorer.group", "shadow");

    // When
    try (ScorerApp app =
        new ScorerApp(
            ScorerConfig.from(Configuration.of(flags)),
            new SimpleMeterRegistry(),
            FakeRewards::new)) {
      app.start();
      await()
          .atMost(PATIENCE)
          .until(
              () ->
                  cluster.shadow().stream()
                      .anyMatch(answer -> answer.getRequestId().equals("shadow-")));
    }

    // Then: the product's topic has what its own scorer answers, and nothing else
    try (ScorerApp app = start()) {
      awaitAnswers("shadow-", 1);
    }
    assertThat(cluster.answers("shadow-")).hasSize(1);
  }

  @Test
  void shouldAnswerEachRequestOnceWhenKilledBetweenSendAndCommit() throws Exception {
    // Given
    int requests = 200;
    for (int i = 0; i < requests; i++) {
      cluster.send(Requests.of("kill-" + i, "a").setUserId("user" + i).build());
    }
    Map<String, String> flags = cluster.flags();
    flags.put("scorer.batch.max-requests", "20");
    flags.put("management.port", "0");
    flags.put("kafka.session.timeout.ms", "6000");
    flags.put("kafka.interceptor.classes", KillBeforeCommit.class.getName());
    Process killed = FakeScorerProcess.start(flags, dir.resolve("killed.log"));
    assertThat(killed.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(killed.exitValue()).isEqualTo(KillBeforeCommit.EXIT);

    // When
    try (ScorerApp app = start()) {
      awaitAnswers("kill-", requests);
    }

    // Then
    List<ScoreResult> committed = cluster.answers("kill-");
    assertThat(committed).extracting(ScoreResult::getRequestId).doesNotHaveDuplicates();
    assertThat(committed).hasSize(requests);
    assertThat(cluster.rewards("read_uncommitted"))
        .filteredOn(result -> result.getRequestId().startsWith("kill-"))
        .hasSizeGreaterThan(requests);
  }

  @Test
  void shouldSwapModelsWhileRequestsFlow() throws Exception {
    // Given
    Stream stream = new Stream("swap-", "swap", 1);
    Thread sender = new Thread(stream, "sender");

    // When
    try (ScorerApp app = start()) {
      sender.start();
      awaitVersion("swap-", 0);
      cluster.publish("domain/swap", 1, FakeRewards.weights(1));
      awaitVersion("swap-", 1);
      cluster.publish("domain/swap", 2, FakeRewards.weights(2));
      awaitVersion("swap-", 2);
      stream.stop();
      sender.join();
      awaitAnswers("swap-", stream.sent());
    }

    // Then
    List<ScoreResult> answers = cluster.answers("swap-");
    assertThat(answers).hasSize(stream.sent());
    assertThat(answers)
        .allSatisfy(
            result -> {
              assertThat(result.getError()).isEqualTo(ScoreErrorCode.NONE);
              long version = result.getVersions().getDomainModelVersion();
              assertThat(result.getCandidates().get(0).getReward()).isEqualTo(version * 3.0);
            });
    assertThat(answers)
        .extracting(result -> result.getVersions().getDomainModelVersion())
        .isSorted();
    assertThat(
            meters.get("attune.scorer.served.version").tag("model", "domain/swap").gauge().value())
        .isEqualTo(2);
  }

  @Test
  void shouldKeepTheOldModelWhereTheNewOneIsBroken() {
    // Given
    cluster.publish("domain/broken", 1, FakeRewards.weights(1));
    byte[] noModel = ScorerTestCluster.text("no model");

    // When
    try (ScorerApp app = start()) {
      cluster.publish("domain/broken", 2, FakeRewards.BASE, FakeRewards.weights(2), "0".repeat(64));
      awaitLoadFailure("sha256");
      cluster.publish("domain/broken", 3, noModel);
      awaitLoadFailure("weights");
      cluster.send(Requests.of("broken-", "abc").setDomain("broken").build());
      awaitAnswers("broken-", 1);
    }

    // Then
    ScoreResult answer = cluster.answers("broken-").get(0);
    assertThat(answer.getVersions().getDomainModelVersion()).isEqualTo(1);
    assertThat(answer.getCandidates().get(0).getReward()).isEqualTo(3);
  }

  @Test
  void shouldLoadWhatIsPublishedBeforeItTakesTheFirstPrompt() {
    // Given
    cluster.publish("domain/ready", 4, FakeRewards.weights(1));
    cluster.publish("domain/ready", 5, FakeRewards.weights(2));
    cluster.send(Requests.of("ready-", "abc").setDomain("ready").build());

    // When
    try (ScorerApp app = start()) {
      awaitAnswers("ready-", 1);
    }

    // Then
    assertThat(cluster.answers("ready-").get(0).getVersions().getDomainModelVersion()).isEqualTo(5);
  }

  @Test
  void shouldPublishTheRewardsThatTheModelComputes() throws Exception {
    // Given
    String[] replies = {"Because.", "It scatters blue light."};
    ScorerConfig config = ScorerConfig.from(Configuration.of(cluster.flags()));
    try (BaseModel base = TinyBase.make(dir.resolve("base"))) {
      byte[] weights = TinyBase.train(base);
      cluster.publish("domain/real", 1, base.sha256(), weights);
      ScoreRequest request = Requests.of("real-", replies).setDomain("real").build();
      cluster.send(request);

      // When
      try (ScorerApp app = new ScorerApp(config, meters, base)) {
        app.start();
        awaitAnswers("real-", 1);
      }

      // Then
      ScoreResult answer = cluster.answers("real-").get(0);
      assertThat(answer.getVersions().getBase()).isEqualTo(base.sha256());
      assertThat(answer.getVersions().getDomainModelVersion()).isEqualTo(1);
      try (BaseModelRewards rewards =
              new BaseModelRewards(base, false, config.caches(), new ScorerMetrics(meters));
          LoadedModel model = rewards.load(weights)) {
        Task task = new Task(request, model, "pooled", null, null);
        double[] expected = rewards.parts(List.of(task)).get(0).domain();
        assertThat(expected[1]).isGreaterThan(expected[0]);
        assertThat(answer.getCandidates().stream().mapToDouble(CandidateScore::getReward))
            .containsExactly(expected[0], expected[1]);
      }
    }
  }

  @Test
  void shouldSwapThePolicyAndCarryUsersToItsCoordinates() {
    // Given
    cluster.publish("policy", 1, Policies.first().toBytes());
    cluster.publish(Policies.user("carried", 1, 3, 5));
    Supplier<ScoreResult> ask =
        () -> {
          String requestId = "policy-" + System.nanoTime();
          cluster.send(Requests.of(requestId, "az", "ab").setUserId("carried").build());
          awaitAnswers(requestId, 1);
          return cluster.answers(requestId).get(0);
        };

    // When
    ScoreResult before;
    ScoreResult after;
    try (ScorerApp app = start()) {
      before = ask.get();
      cluster.publish("policy", 2, Policies.second().toBytes());
      after = await().atMost(PATIENCE).until(ask::get, each -> each.getVersions().getPolicy() == 2);
      cluster.withdraw("policy");
    }

    // Then: the same liking in other coordinates
    CandidateScore first = before.getCandidates().get(0);
    CandidateScore second = after.getCandidates().get(0);
    assertThat(first.getFeatures()).containsExactly(2f, 1f, 1f);
    assertThat(second.getFeatures()).containsExactly(1f, 0.5f, 1f);
    assertThat(first.getPersonalReward()).isEqualTo(3);
    assertThat(second.getPersonalReward()).isCloseTo(3, within(1e-2));
  }

  @Test
  void shouldAnswerEachRequestOnceWhileMembersComeAndGo() throws Exception {
    // Given
    Stream stream = new Stream("members-", "general", 20);
    Thread sender = new Thread(stream, "sender");

    // When
    try (ScorerApp first = start("first")) {
      sender.start();
      awaitAnswers("members-", 50);
      try (ScorerApp second = start("second")) {
        awaitAnswers("members-", stream.sent());
        first.close();
        awaitAnswers("members-", stream.sent());
        stream.stop();
        sender.join();
        awaitAnswers("members-", stream.sent());
      }
    }

    // Then
    List<ScoreResult> answers = cluster.answers("members-");
    assertThat(answers).extracting(ScoreResult::getRequestId).doesNotHaveDuplicates();
    assertThat(answers).hasSize(stream.sent());
  }

  private ScorerApp start() {
    return start("test");
  }

  private ScorerApp start(String instance) {
    Map<String, String> flags = cluster.flags();
    flags.put("scorer.instance", instance);
    ScorerConfig config = ScorerConfig.from(Configuration.of(flags));
    ScorerApp app = new ScorerApp(config, meters, FakeRewards::new);
    app.start();
    await().atMost(PATIENCE).until(app::ready);
    return app;
  }

  private static void awaitAnswers(String prefix, int count) {
    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () -> assertThat(cluster.answers(prefix)).hasSizeGreaterThanOrEqualTo(count));
  }

  private static void awaitVersion(String prefix, long version) {
    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () -> {
              Set<Long> versions =
                  cluster.answers(prefix).stream()
                      .map(result -> result.getVersions().getDomainModelVersion())
                      .collect(Collectors.toSet());
              assertThat(versions).contains(version);
            });
  }

  private void awaitLoadFailure(String reason) {
    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () ->
                assertThat(
                        meters
                            .find("attune.scorer.model.load.failures")
                            .tag("reason", reason)
                            .counter())
                    .isNotNull());
  }

  private double requestsCounted(String outcome) {
    Counter counter = meters.find("attune.scorer.requests").tag("outcome", outcome).counter();
    return counter == null ? 0 : counter.count();
  }

  /** Sends requests, one after the other, until it is stopped. */
  private static final class Stream implements Runnable {
    private final String prefix;
    private final String domain;
    private final int users;
    private volatile boolean stopped;
    private volatile int sent;

    Stream(String prefix, String domain, int users) {
      this.prefix = prefix;
      this.domain = domain;
      this.users = users;
    }

    @Override
    public void run() {
      int next = 0;
      while (!stopped) {
        cluster.send(
            Requests.of(prefix + next, "abc")
                .setUserId("user" + next % users)
                .setDomain(domain)
                .build());
        next++;
        sent = next;
      }
    }

    void stop() {
      stopped = true;
    }

    int sent() {
      return sent;
    }
  }
}
