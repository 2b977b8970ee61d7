package dev.attune.scorer.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.attune.schemas.Topics;
import dev.attune.schemas.events.CandidateScore;
import dev.attune.schemas.events.Position;
import dev.attune.schemas.events.ScoreErrorCode;
import dev.attune.schemas.events.ScoreRequest;
import dev.attune.schemas.events.ScoreResult;
import dev.attune.scorer.metrics.ScorerMetrics;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;

@Timeout(value = 30, threadMode = ThreadMode.SEPARATE_THREAD)
class ScoringDeskTest {
  private static final Position AFTER = new Position(Topics.PREFERENCES.name(), 0, 5L);

  private final FakeRewards rewards = new FakeRewards();
  private final List<Integer> batches = new ArrayList<>();
  private final ModelDirectory models = new ModelDirectory();
  private final ReplyGenerator replies =
      new ReplyGenerator(
          new GenerationConfig(8, 1, 1),
          rewards,
          models,
          (user, epoch) -> null,
          InstantSource.system(),
          new ScorerMetrics(new SimpleMeterRegistry()));
  private final ScoringDesk desk = desk(3);
  private final Thread thread = new Thread(this::work);

  private ScoringDesk desk(int mostWaiting) {
    return new ScoringDesk(
        new BatchScorer(
            rewards, models, (user, epoch) -> null, RowDomains.NONE, InstantSource.system()),
        new Admission(new RequestLimits(10, 1_000, 4), rewards, PastEvents.NONE, replies),
        ScoreBatcher.inOrder(
            new BatchBudget(4, 100, 100),
            new AfterGate(
                (user, epoch) -> null,
                () -> 0,
                Duration.ofHours(1),
                InstantSource.system(),
                (waited, included) -> {})),
        mostWaiting,
        InstantSource.system(),
        (requests, tokens, computation) -> batches.add(requests));
  }

  private void work() {
    try {
      desk.run();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @AfterEach
  void stop() throws InterruptedException {
    desk.stop();
    thread.join();
  }

  @Test
  void shouldAnswerDirectRequestsWhileTheTopicIsQuiet() throws Exception {
    // Given
    desk.open();
    thread.start();

    // When
    CompletableFuture<ScoreResult> answer = desk.submit(request("r"));

    // Then
    ScoreResult result = answer.get(10, TimeUnit.SECONDS);
    assertThat(result.getRequestId()).isEqualTo("r");
    assertThat(result.getError()).isEqualTo(ScoreErrorCode.NONE);
    assertThat(result.getCandidates()).hasSize(2);
    assertThat(result.getSource()).isNull();
  }

  @Test
  void shouldTakeDirectRequestsAlongInABatchOfTheTopicUpToItsBudget() {
    // Given
    desk.open();
    List<CompletableFuture<ScoreResult>> direct =
        List.of(desk.submit(request("d0")), desk.submit(request("d1")), desk.submit(request("d2")));
    List<Prompt> batch =
        List.of(Requests.prompt(0, 7, request("t0")), Requests.prompt(0, 8, request("t1")));

    // When
    List<ScoreResult> results = desk.score(batch);

    // Then
    assertThat(results).extracting(ScoreResult::getRequestId).containsExactly("t0", "t1");
    assertThat(direct).extracting(CompletableFuture::isDone).containsExactly(true, true, false);
    assertThat(direct.get(1).join().getRequestId()).isEqualTo("d1");
    assertThat(batches).containsExactly(4);
    assertThat(rewards.batches).containsExactly(4);
  }

  @Test
  void shouldRefuseWhatIsTooMuch() {
    // Given
    desk.open();
    for (int i = 0; i < 3; i++) {
      desk.submit(request("r" + i));
    }

    // When
    Throwable thrown = catchThrowable(() -> desk.submit(request("one too many")));

    // Then
    assertThat(thrown).isInstanceOf(QueueFullException.class).hasMessageContaining("3");
    desk.score(List.of());
    assertThat(desk.submit(request("room again"))).isNotDone();
  }

  @Test
  void shouldRefuseToWriteForTooManyAtATime() {
    // Given
    ScoringDesk wide = desk(1_000);
    wide.open();
    ScoreRequest asking = Requests.of("asking").setGenerate(1).build();
    for (int i = 0; i < 64; i++) {
      wide.submit(asking);
    }

    // When
    Throwable thrown = catchThrowable(() -> wide.submit(asking));

    // Then
    assertThat(thrown).isInstanceOf(QueueFullException.class).hasMessageContaining("replies");
    assertThat(wide.submit(request("plain"))).isNotDone();
  }

  @Test
  void shouldRefuseWhileNothingIsServed() {
    // When
    Throwable thrown = catchThrowable(() -> desk.submit(request("r")));

    // Then
    assertThat(thrown).isInstanceOf(QueueFullException.class);
  }

  @Test
  void shouldScoreTheRepliesThatItWasAskedFor() throws Exception {
    // Given
    models.publish("general", 3, rewards.load(FakeRewards.weights(2)));
    desk.open();
    thread.start();
    CompletableFuture<ScoreResult> asked =
        desk.submit(Requests.of("asked").setGenerate(4).setExplain(true).build());

    // When
    CompletableFuture<Void> writing = CompletableFuture.runAsync(this::write);

    // Then
    ScoreResult result = asked.get(10, TimeUnit.SECONDS);
    assertThat(result.getError()).isEqualTo(ScoreErrorCode.NONE);
    assertThat(result.getCandidates())
        .hasSize(4)
        .isSortedAccordingTo(Comparator.comparing(CandidateScore::getRank))
        .allSatisfy(each -> assertThat(each.getReward()).isEqualTo(2.0 * each.getText().length()));
    assertThat(result.getCandidates())
        .extracting(CandidateScore::getId)
        .containsExactlyInAnyOrder("g1", "g2", "g3", "g4");
    assertThat(result.getBestPreferred().get(0)).isEqualTo(0.5);
    assertThat(result.getExplanation().getOver()).isEqualTo(result.getCandidates().get(1).getId());
    replies.stop();
    writing.get(10, TimeUnit.SECONDS);
  }

  private void write() {
    try {
      replies.run();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void shouldNotRepeatTheTextsThatWereSent() {
    // Given
    desk.open();
    CompletableFuture<ScoreResult> answer =
        desk.submit(Requests.of("both", "a", "bc").setGenerate(4).build());

    // When
    desk.score(List.of());

    // Then
    assertThat(answer.join().getCandidates())
        .hasSize(2)
        .allSatisfy(each -> assertThat(each.getText()).isNull());
  }

  @Test
  void shouldAnswerWithACodeWhatCannotBeScored() {
    // Given
    desk.open();
    CompletableFuture<ScoreResult> answer = desk.submit(Requests.of("empty").build());

    // When
    desk.score(List.of());

    // Then
    assertThat(answer.join().getError()).isEqualTo(ScoreErrorCode.NO_CANDIDATES);
  }

  @Test
  void shouldNotScoreWhatItsCallerHasGivenUp() {
    // Given
    desk.open();
    CompletableFuture<ScoreResult> given = desk.submit(request("given up"));
    given.cancel(false);

    // When
    desk.score(List.of(Requests.prompt(0, 7, request("t"))));

    // Then
    assertThat(rewards.batches).containsExactly(1);
  }

  @Test
  void shouldMakeRoomWhereACallerGivesUpWhatIsHeld() {
    // Given
    desk.open();
    List<CompletableFuture<ScoreResult>> held = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      held.add(desk.submit(waitingRequest("r" + i)));
    }

    // When
    held.get(1).cancel(false);

    // Then
    assertThat(desk.submit(request("in its place"))).isNotDone();
    assertThat(held.get(0)).isNotDone();
    assertThat(catchThrowable(() -> desk.submit(request("one too many"))))
        .isInstanceOf(QueueFullException.class);
  }

  @Test
  void shouldHoldBackOnlyWhatWaitsForItsFeedback() {
    // Given
    desk.open();
    CompletableFuture<ScoreResult> held = desk.submit(waitingRequest("held"));
    CompletableFuture<ScoreResult> free = desk.submit(request("free"));

    // When
    desk.score(List.of());

    // Then
    assertThat(free).isDone();
    assertThat(held).isNotDone();
  }

  @Test
  void shouldRefuseWhatWaitsWhenItStops() throws InterruptedException {
    // Given
    desk.open();
    CompletableFuture<ScoreResult> held = desk.submit(waitingRequest("held"));
    thread.start();

    // When
    desk.stop();

    // Then
    thread.join();
    assertThat(catchThrowable(held::join)).isInstanceOf(CancellationException.class);
    assertThat(catchThrowable(() -> desk.submit(request("late"))))
        .isInstanceOf(QueueFullException.class);
  }

  private static ScoreRequest waitingRequest(String id) {
    return Requests.of(id, "a", "b").setAfter(AFTER).build();
  }

  private static ScoreRequest request(String id) {
    return Requests.of(id, "a", "bc").build();
  }
}
