package dev.attune.scorer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.attune.platform.Configuration;
import dev.attune.schemas.Topics;
import dev.attune.schemas.events.CandidateScore;
import dev.attune.schemas.events.Position;
import dev.attune.schemas.events.ScoreErrorCode;
import dev.attune.schemas.events.ScoreResult;
import dev.attune.scorer.core.FakeRewards;
import dev.attune.scorer.core.Requests;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Scorers of one share group: each request is answered at least once, by any of them. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ShareDeliveryIT {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  /** What a broker allows by default. */
  private static final Duration SHORTEST_LOCK = Duration.ofSeconds(15);

  private static final Duration LONGEST_LOCK = Duration.ofSeconds(60);

  /** Of a user of whom nothing is known, so it is never included. */
  private static final Position NEVER = new Position(Topics.PREFERENCES.name(), 0, 1L);

  @TempDir Path dir;

  /**
   * One for each test, as a group that is new reads all requests that there are. They are in one
   * partition: beyond one member a partition the members share them.
   */
  private ScorerTestCluster cluster;

  @BeforeEach
  void startCluster() {
    cluster = new ScorerTestCluster(dir.resolve("cluster"), 1);
  }

  @AfterEach
  void stopCluster() {
    cluster.close();
  }

  @Test
  void shouldLetMoreScorersThanPartitionsWorkTogether() {
    // Given
    List<SimpleMeterRegistry> workers =
        List.of(new SimpleMeterRegistry(), new SimpleMeterRegistry(), new SimpleMeterRegistry());
    Set<String> sent = new HashSet<>();
    try (ScorerApp first = start("many", "1", workers.get(0), Map.of());
        ScorerApp second = start("many", "2", workers.get(1), Map.of());
        ScorerApp third = start("many", "3", workers.get(2), Map.of())) {

      // When
      await()
          .atMost(PATIENCE)
          .until(
              () -> {
                for (int i = 0; i < 50; i++) {
                  String requestId = "many-" + sent.size();
                  cluster.send(Requests.of(requestId, "abc").setUserId("one").build());
                  sent.add(requestId);
                }
                return workers.stream().filter(each -> answered(each) > 0).count() >= 2;
              });
      awaitAll("many-", sent);
    }

    // Then
    assertThat(cluster.answers("many-"))
        .extracting(ScoreResult::getError)
        .containsOnly(ScoreErrorCode.NONE);
  }

  @Test
  void shouldAnswerAgainWhatAKilledScorerHadAnsweredAndNotAcknowledged() throws Exception {
    // Given
    cluster.publish("general", 1, FakeRewards.weights(1));
    Set<String> sent = new HashSet<>();
    for (int i = 0; i < 200; i++) {
      cluster.send(Requests.of("shot-" + i, "a", "abc").setUserId("user" + i % 7).build());
      sent.add("shot-" + i);
    }
    cluster.setGroup("shot", Map.of("share.record.lock.duration.ms", millis(SHORTEST_LOCK)));
    Map<String, String> flags = flags("shot", "killed");
    flags.put("scorer.batch.max-requests", "20");
    flags.put("management.port", "0");
    flags.put("kafka.interceptor.classes", KillBeforeCommit.class.getName());
    Process killed = FakeScorerProcess.start(flags, dir.resolve("killed.log"));
    assertThat(killed.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(killed.exitValue()).isEqualTo(KillBeforeCommit.EXIT);

    // When
    SimpleMeterRegistry meters = new SimpleMeterRegistry();
    try (ScorerApp app = start("shot", "next", meters, Map.of())) {
      awaitAll("shot-", sent);
    }

    // Then: an answer to the same place of attune.prompts is the same answer
    Map<Position, List<ScoreResult>> bySource =
        cluster.answers("shot-").stream().collect(Collectors.groupingBy(ScoreResult::getSource));
    assertThat(bySource).hasSize(sent.size());
    assertThat(bySource.values()).anySatisfy(answers -> assertThat(answers).hasSize(2));
    assertThat(bySource.values())
        .allSatisfy(
            answers -> {
              ScoreResult first = answers.get(0);
              assertThat(rewards(first)).hasSize(2);
              assertThat(answers)
                  .extracting(ScoreResult::getRequestId)
                  .containsOnly(first.getRequestId());
              assertThat(answers)
                  .extracting(ScoreResult::getUserId)
                  .containsOnly(first.getUserId());
              assertThat(answers).extracting(ShareDeliveryIT::rewards).containsOnly(rewards(first));
            });
    assertThat(counted(meters, "repeated")).isPositive();
  }

  @Test
  void shouldRenewARequestThatWaitsForLongerThanItsLockLasts() {
    // Given
    cluster.setGroup("held", Map.of("share.record.lock.duration.ms", millis(SHORTEST_LOCK)));
    cluster.send(Requests.of("held-", "abc").setUserId("new").setAfter(NEVER).build());
    SimpleMeterRegistry meters = new SimpleMeterRegistry();

    // When
    try (ScorerApp app = start("held", "1", meters, Map.of("scorer.after.max-wait", "20 s"))) {
      awaitAll("held-", Set.of("held-"));
    }

    // Then
    assertThat(cluster.answers("held-"))
        .singleElement()
        .satisfies(
            result ->
                assertThat(result.getTimings().getQueued())
                    .isGreaterThan((double) SHORTEST_LOCK.toMillis()));
    assertThat(counted(meters, "renewed")).isPositive();
    assertThat(counted(meters, "lost")).isZero();
  }

  @Test
  void shouldGiveBackAtItsEndWhatItHasNotAnswered() {
    // Given: both are polled at once, and one of them waits
    cluster.setGroup("back", Map.of("share.record.lock.duration.ms", millis(LONGEST_LOCK)));
    cluster.send(Requests.of("back-held", "abc").setUserId("new").setAfter(NEVER).build());
    cluster.send(Requests.of("back-free", "abc").setUserId("new").build());
    SimpleMeterRegistry leaving = new SimpleMeterRegistry();
    try (ScorerApp app = start("back", "1", leaving, Map.of("scorer.after.max-wait", "1 min"))) {
      awaitAll("back-", Set.of("back-free"));
    }

    // When
    SimpleMeterRegistry next = new SimpleMeterRegistry();
    try (ScorerApp app = start("back", "2", next, Map.of("scorer.after.max-wait", "0 s"))) {
      awaitAll("back-", Set.of("back-free", "back-held"));
    }

    // Then: long before the lock had expired
    assertThat(counted(leaving, "released")).isEqualTo(1);
    assertThat(counted(next, "repeated")).isEqualTo(1);
    assertThat(cluster.answers("back-")).hasSize(2);
  }

  @Test
  void shouldEndWhereItsNameIsThatOfAConsumerGroup() {
    // Given
    Map<String, String> flags = flags("taken", "1");
    flags.put("scorer.delivery", "transactions");
    try (ScorerApp app = start(flags, new SimpleMeterRegistry())) {
      cluster.send(Requests.of("taken-", "abc").build());
      awaitAll("taken-", Set.of("taken-"));
    }

    // When
    try (ScorerApp app =
        new ScorerApp(
            ScorerConfig.from(Configuration.of(flags("taken", "2"))),
            new SimpleMeterRegistry(),
            FakeRewards::new)) {
      app.start();

      // Then
      await().atMost(PATIENCE).until(() -> !app.live());
      assertThat(app.ready()).isFalse();
    }
  }

  private ScorerApp start(
      String group, String instance, SimpleMeterRegistry meters, Map<String, String> settings) {
    Map<String, String> flags = flags(group, instance);
    flags.put("scorer.batch.max-requests", "5");
    flags.putAll(settings);
    return start(flags, meters);
  }

  private ScorerApp start(Map<String, String> flags, SimpleMeterRegistry meters) {
    ScorerApp app =
        new ScorerApp(ScorerConfig.from(Configuration.of(flags)), meters, FakeRewards::new);
    app.start();
    await().atMost(PATIENCE).until(app::ready);
    return app;
  }

  private Map<String, String> flags(String group, String instance) {
    Map<String, String> flags = cluster.flags();
    flags.put("scorer.delivery", "share");
    flags.put("scorer.group", group);
    flags.put("scorer.instance", instance);
    return flags;
  }

  private void awaitAll(String prefix, Set<String> requestIds) {
    await()
        .atMost(PATIENCE.multipliedBy(3))
        .untilAsserted(
            () ->
                assertThat(cluster.answers(prefix))
                    .extracting(ScoreResult::getRequestId)
                    .containsAll(requestIds));
  }

  private static double answered(SimpleMeterRegistry meters) {
    Counter counter = meters.find("attune.scorer.requests").tag("outcome", "none").counter();
    return counter == null ? 0 : counter.count();
  }

  private static double counted(SimpleMeterRegistry meters, String event) {
    Counter counter = meters.find("attune.scorer.share.prompts").tag("event", event).counter();
    return counter == null ? 0 : counter.count();
  }

  private static List<Double> rewards(ScoreResult result) {
    return result.getCandidates().stream().map(CandidateScore::getReward).toList();
  }

  private static String millis(Duration duration) {
    return String.valueOf(duration.toMillis());
  }
}
