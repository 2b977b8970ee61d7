package dev.attune.scorer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.attune.platform.Configuration;
import dev.attune.schemas.Topics;
import dev.attune.schemas.events.CandidateScore;
import dev.attune.schemas.events.Comparison;
import dev.attune.schemas.events.EventReference;
import dev.attune.schemas.events.Explanation;
import dev.attune.schemas.events.Feedback;
import dev.attune.schemas.events.Influence;
import dev.attune.schemas.events.Position;
import dev.attune.schemas.events.PreferenceBucket;
import dev.attune.schemas.events.Reply;
import dev.attune.schemas.events.Route;
import dev.attune.schemas.events.ScoreErrorCode;
import dev.attune.schemas.events.ScoreRequest;
import dev.attune.schemas.events.ScoreResult;
import dev.attune.schemas.events.Turn;
import dev.attune.schemas.events.UserEmbedding;
import dev.attune.scorer.core.FakeRewards;
import dev.attune.scorer.core.Policies;
import dev.attune.scorer.core.Requests;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(value = 90, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class PersonalRewardsIT {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  @TempDir static Path dir;
  private static ScorerTestCluster cluster;
  private static ScorerApp app;
  private static final SimpleMeterRegistry METERS = new SimpleMeterRegistry();

  @BeforeAll
  static void start() {
    cluster = new ScorerTestCluster(dir.resolve("cluster"));
    cluster.publish("policy", 1, Policies.first().toBytes());
    cluster.publish(Policies.user("early", 1, 3, 5));
    Map<String, String> flags = cluster.flags();
    flags.put("scorer.after.max-wait", "20 s");
    app = new ScorerApp(ScorerConfig.from(Configuration.of(flags)), METERS, FakeRewards::new);
    app.start();
    await().atMost(PATIENCE).until(app::ready);
  }

  @AfterAll
  static void stop() {
    app.close();
    cluster.close();
  }

  @Test
  void shouldKnowUsersBeforeTheFirstPrompt() {
    // When
    ScoreResult answer = ask("early-", "early");

    // Then
    assertThat(personal(answer)).isEqualTo(3);
    assertThat(answer.getIncluded().getOffset()).isEqualTo(5);
  }

  @Test
  void shouldMoveAUsersRewardsWithTheirStateAndForgetThemWhenErased() {
    // Given
    ScoreResult before = ask("moves-before", "moves");
    cluster.publish(Policies.user("moves", 1, 2, 7));
    ScoreResult known =
        await().atMost(PATIENCE).until(() -> ask("m", "moves"), PersonalRewardsIT::included);

    // When
    cluster.publishUser("moves", null);

    // Then
    ScoreResult erased =
        await().atMost(PATIENCE).until(() -> ask("e", "moves"), each -> !included(each));
    assertThat(personal(before)).isZero();
    assertThat(personal(known)).isEqualTo(2);
    assertThat(erased.getCandidates()).isEqualTo(ask("g", "nobody").getCandidates());
    assertThat(erased.getCandidates()).isEqualTo(before.getCandidates());
  }

  @Test
  void shouldAnswerFromAStateThatIncludesTheFeedbackNamed() {
    // Given
    cluster.publish(Policies.user("waits", 1, 1, 10));
    Position after = new Position(Topics.PREFERENCES.name(), 0, 11L);
    cluster.send(Requests.of("waits", "az", "ab").setUserId("waits").setAfter(after).build());
    cluster.publish(Policies.user("waits", 1, 4, 11));

    // When
    ScoreResult answer = awaitAnswer("waits");

    // Then
    assertThat(personal(answer)).isEqualTo(4);
    assertThat(answer.getIncluded().getOffset()).isEqualTo(11);
  }

  @Test
  void shouldSayWhichOfAUsersEventsDecided() {
    // Given: a user who chose a reply with a z, and whose state refers to that, and to an event
    // that
    // is not there
    long bucket = cluster.publish(bucket("why", 5, "zz", "ab"));
    cluster.publish(
        UserEmbedding.newBuilder(Policies.user("why", 1, 2, 5))
            .setReferences(
                List.of(
                    new EventReference(4L, bucket + 100, "general"),
                    new EventReference(5L, bucket, "general")))
            .build());
    await().atMost(PATIENCE).until(() -> ask("w", "why"), PersonalRewardsIT::included);

    // When
    Explanation explanation =
        await().atMost(PATIENCE).until(PersonalRewardsIT::askWhy, answer -> answer.getEvents() > 0);

    // Then
    assertThat(explanation.getOver()).isEqualTo("c1");
    assertThat(explanation.getDecidedBy()).isEqualTo("head");
    assertThat(explanation.getEvents()).isEqualTo(1);
    Influence influence = explanation.getInfluences().get(0);
    assertThat(influence.getEvent()).isEqualTo(new Position(Topics.PREFERENCES.name(), 0, 5L));
    assertThat(influence.getInfluence()).isPositive();
  }

  private static Explanation askWhy() {
    String requestId = "why" + System.nanoTime();
    cluster.send(Requests.of(requestId, "az", "ab").setUserId("why").setExplain(true).build());
    return awaitAnswer(requestId).getExplanation();
  }

  private static PreferenceBucket bucket(String user, long offset, String preferred, String other) {
    Feedback feedback =
        Feedback.newBuilder()
            .setEventId("e" + offset)
            .setOffset(offset)
            .setOccurredAt(Instant.EPOCH)
            .setPrompt(List.of(new Turn("user", "Why?")))
            .setReplies(
                Stream.of(preferred, other)
                    .map(text -> Reply.newBuilder().setId(text).setText(text).build())
                    .toList())
            .setComparisons(List.of(Comparison.newBuilder().setPreferred(0).setOther(1).build()))
            .build();
    return PreferenceBucket.newBuilder()
        .setRoute(Route.BY_USER)
        .setUserId(user)
        .setDomain("general")
        .setSequence(0)
        .setSourcePartition(0)
        .setSourceOffsets(List.of(offset))
        .setFeedback(List.of(feedback))
        .setFirstEventAt(Instant.EPOCH)
        .setLastEventAt(Instant.EPOCH)
        .build();
  }

  @Test
  void shouldAnswerFromWhatIsThereWhenTheDeadlineIsNear() {
    // Given
    Position after = new Position(Topics.PREFERENCES.name(), 0, 99L);
    ScoreRequest request =
        Requests.of("deadline", "az")
            .setUserId("early")
            .setAfter(after)
            .setDeadline(Instant.now().plusSeconds(4))
            .build();

    // When
    cluster.send(request);

    // Then
    ScoreResult answer = awaitAnswer("deadline");
    assertThat(answer.getError()).isEqualTo(ScoreErrorCode.NONE);
    assertThat(answer.getIncluded().getOffset()).isEqualTo(5);
    assertThat(waits("timeout")).isPositive();
  }

  @Test
  void shouldGoOnWithAUserWhoseRecordIsBroken() {
    // Given
    cluster.publish(Policies.user("broken", 1, 2, 1));
    cluster.publishUser("broken", ScorerTestCluster.text("not Avro"));
    cluster.publish(Policies.user("behind", 1, 2, 1));

    // When
    await().atMost(PATIENCE).until(() -> ask("b", "behind"), PersonalRewardsIT::included);

    // Then
    await().atMost(PATIENCE).until(() -> rejected("bytes") == 1);
    assertThat(personal(ask("broken-", "broken"))).isEqualTo(2);
  }

  @Test
  void shouldServeWhatOperatorsAskFor() {
    // Given
    publishVersion("domain/ops", 3);
    publishVersion("history/domain/ops/2", 2);
    awaitVersion(3);

    // When
    publishVersion("pin/domain/ops", 1);
    awaitVersion(1);
    publishVersion("rollback/domain/ops", 2);

    // Then
    awaitVersion(2);
    cluster.withdraw("rollback/domain/ops");
    awaitVersion(1);
    cluster.withdraw("pin/domain/ops");
    awaitVersion(3);
  }

  @Test
  void shouldGoOnWithTheOldPolicyWhereTheNewOneIsBroken() {
    // Given
    cluster.publish("policy", 2, ScorerTestCluster.text("no policy"));

    // When
    await().atMost(PATIENCE).until(() -> loadFailures("weights") > 0);

    // Then
    ScoreResult answer = ask("old-policy", "early");
    assertThat(answer.getVersions().getPolicy()).isEqualTo(1);
    assertThat(personal(answer)).isEqualTo(3);
  }

  private static void publishVersion(String key, long version) {
    cluster.publish(key, version, FakeRewards.weights((double) version));
  }

  private static void awaitVersion(long version) {
    ScoreResult answer =
        await()
            .atMost(PATIENCE)
            .until(
                () -> ask("v", "operator", "ops"),
                each -> each.getVersions().getDomainModelVersion() == version);
    assertThat(answer.getCandidates().get(0).getDomainReward()).isEqualTo(2.0 * version);
  }

  private static ScoreResult ask(String requestId, String userId) {
    return ask(requestId, userId, "general");
  }

  /** Asks for "az" and "ab": the first has one z. */
  private static ScoreResult ask(String prefix, String userId, String domain) {
    String requestId = prefix + System.nanoTime();
    cluster.send(Requests.of(requestId, "az", "ab").setUserId(userId).setDomain(domain).build());
    return awaitAnswer(requestId);
  }

  private static ScoreResult awaitAnswer(String requestId) {
    return await()
        .atMost(PATIENCE)
        .until(() -> cluster.answers(requestId), answers -> !answers.isEmpty())
        .get(0);
  }

  private static boolean included(ScoreResult answer) {
    return answer.getIncluded() != null;
  }

  private static double personal(ScoreResult answer) {
    CandidateScore first = answer.getCandidates().get(0);
    return first.getPersonalReward();
  }

  private static long waits(String outcome) {
    Timer timer = METERS.find("attune.scorer.after.wait").tag("outcome", outcome).timer();
    return timer == null ? 0 : timer.count();
  }

  private static double loadFailures(String reason) {
    Counter counter =
        METERS.find("attune.scorer.model.load.failures").tag("reason", reason).counter();
    return counter == null ? 0 : counter.count();
  }

  private static double rejected(String reason) {
    Counter counter = METERS.find("attune.scorer.users.rejected").tag("reason", reason).counter();
    return counter == null ? 0 : counter.count();
  }
}
