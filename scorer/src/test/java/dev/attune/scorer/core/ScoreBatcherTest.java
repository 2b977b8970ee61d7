package dev.attune.scorer.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.schemas.Topics;
import dev.attune.schemas.events.Position;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ScoreBatcherTest {
  private static final AfterGate OPEN =
      new AfterGate(
          (user, epoch) -> null,
          () -> 0,
          Duration.ZERO,
          InstantSource.system(),
          (waited, included) -> {});

  @Test
  void shouldTakeThePartitionWithTheEarliestDeadlineFirstAndKeepEachInOrder() {
    // Given: the urgent request waits behind another one of its partition
    ScoreBatcher batcher = ScoreBatcher.inOrder(new BatchBudget(2, 100, 100), OPEN);
    batcher.add(prompt(0, 10));
    batcher.add(due(0, 11, 50));
    batcher.add(prompt(1, 20));
    batcher.add(due(1, 21, 5));

    // When
    List<List<Long>> batches = drain(batcher);

    // Then
    assertThat(batches).containsExactly(List.of(20L, 21L), List.of(10L, 11L));
  }

  @Test
  void shouldCloseABatchAtEachLimit() {
    // Given
    ScoreBatcher byRequests = filled(new BatchBudget(3, 100, 100));
    ScoreBatcher byCandidates = filled(new BatchBudget(100, 4, 100));
    ScoreBatcher byTokens = filled(new BatchBudget(100, 100, 8));

    // When
    List<List<List<Long>>> batches =
        List.of(drain(byRequests), drain(byCandidates), drain(byTokens));

    // Then: each has two candidates and four tokens
    assertThat(batches.get(0)).containsExactly(List.of(0L, 1L, 2L), List.of(3L, 4L));
    assertThat(batches.get(1)).containsExactly(List.of(0L, 1L), List.of(2L, 3L), List.of(4L));
    assertThat(batches.get(2)).isEqualTo(batches.get(1));
  }

  @Test
  void shouldGiveARequestAboveTheBudgetABatchOfItsOwn() {
    // Given
    ScoreBatcher batcher = filled(new BatchBudget(10, 10, 1));

    // When
    List<List<Long>> batches = drain(batcher);

    // Then
    assertThat(batches).hasSize(5).allMatch(batch -> batch.size() == 1);
  }

  @Test
  void shouldForgetPartitionsThatWereTakenAway() {
    // Given
    ScoreBatcher batcher = ScoreBatcher.inOrder(new BatchBudget(10, 10, 10), OPEN);
    batcher.add(prompt(0, 10));
    batcher.add(prompt(1, 20));

    // When
    batcher.drop(List.of(0));

    // Then
    assertThat(drain(batcher)).containsExactly(List.of(20L));
  }

  @Test
  void shouldHoldBackNothingBehindARequestWhereThereIsNoOrder() {
    // Given: the first of the partition waits, the last is urgent
    AfterGate shut =
        new AfterGate(
            (user, epoch) -> null,
            () -> 0,
            Duration.ofHours(1),
            InstantSource.system(),
            (waited, included) -> {});
    ScoreBatcher batcher = ScoreBatcher.unordered(new BatchBudget(1, 100, 100), shut);
    batcher.add(
        Requests.prompt(
            0,
            10,
            Requests.of("r", "a")
                .setAfter(new Position(Topics.PREFERENCES.name(), 0, 1L))
                .build()));
    batcher.add(prompt(0, 11));
    batcher.add(due(0, 12, 5));

    // When
    List<List<Long>> batches = drain(batcher);

    // Then
    assertThat(batches).containsExactly(List.of(12L), List.of(11L));
    assertThat(batcher.waiting()).isEqualTo(1);
  }

  @Test
  void shouldForgetSingleRequests() {
    // Given
    ScoreBatcher batcher = ScoreBatcher.unordered(new BatchBudget(10, 10, 10), OPEN);
    batcher.add(prompt(0, 10));
    batcher.add(prompt(0, 11));

    // When
    batcher.drop(0, 10);

    // Then
    assertThat(drain(batcher)).containsExactly(List.of(11L));
  }

  private static ScoreBatcher filled(BatchBudget budget) {
    ScoreBatcher batcher = ScoreBatcher.inOrder(budget, OPEN);
    for (long offset = 0; offset < 5; offset++) {
      batcher.add(Requests.prompt(0, offset, Requests.of("r", "ab", "cd").build()));
    }
    return batcher;
  }

  private static Prompt prompt(int partition, long offset) {
    return Requests.prompt(partition, offset, Requests.of("r", "a").build());
  }

  private static Prompt due(int partition, long offset, int seconds) {
    return Requests.prompt(
        partition,
        offset,
        Requests.of("r", "a").setDeadline(Requests.APPENDED.plusSeconds(seconds)).build());
  }

  private static List<List<Long>> drain(ScoreBatcher batcher) {
    List<List<Long>> batches = new ArrayList<>();
    while (batcher.isReady()) {
      batches.add(batcher.next().stream().map(Prompt::offset).toList());
    }
    return batches;
  }
}
