package dev.attune.scorer.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.attune.schemas.Topics;
import dev.attune.schemas.events.Position;
import dev.attune.schemas.events.ScoreErrorCode;
import dev.attune.schemas.events.ScoreRequest;
import dev.attune.schemas.events.ScoreResult;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
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
  private final ScoringDesk desk =
      new ScoringDesk(
          new BatchScorer(
              rewards,
              new ModelDirectory(),
              (user, epoch) -> null,
              RowDomains.NONE,
              InstantSource.system()),
          new Admission(new RequestLimits(10, 1_000), rewards, PastEvents.NONE),
          ScoreBatcher.inOrder(
              new BatchBudget(4, 100, 100),
              new AfterGate(
                  (user, epoch) -> null,
                  () -> 0,
                  Duration.ofHours(1),
                  InstantSource.system(),
                  (waited, included) -> {})),
          3,
          InstantSource.system(),
          (requests, tokens, computation) -> batches.add(requests));
  private final Thread thread = new Thread(this::work);

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
  void shouldRefuseWhileNothingIsServed() {
    // When
    Throwable thrown = catchThrowable(() -> desk.submit(request("r")));

    // Then
    assertThat(thrown).isInstanceOf(QueueFullException.class);
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
  void shouldHoldBackOnlyWhatWaitsForItsFeedback() {
    // Given
    desk.open();
    CompletableFuture<ScoreResult> held =
        desk.submit(Requests.of("held", "a", "b").setAfter(AFTER).build());
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
    CompletableFuture<ScoreResult> held =
        desk.submit(Requests.of("held", "a", "b").setAfter(AFTER).build());
    thread.start();

    // When
    desk.stop();

    // Then
    thread.join();
    assertThat(catchThrowable(held::join)).isInstanceOf(CancellationException.class);
    assertThat(catchThrowable(() -> desk.submit(request("late"))))
        .isInstanceOf(QueueFullException.class);
  }

  private static ScoreRequest request(String id) {
    return Requests.of(id, "a", "bc").build();
  }
}
