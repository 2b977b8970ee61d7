package dev.attune.scorer.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.attune.schemas.Topics;
import dev.attune.schemas.events.Candidate;
import dev.attune.schemas.events.Position;
import dev.attune.schemas.events.ScoreErrorCode;
import dev.attune.schemas.events.ScoreRequest;
import dev.attune.scorer.core.ReplyGenerator.Outcome;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;

@Timeout(value = 30, threadMode = ThreadMode.SEPARATE_THREAD)
class ReplyGeneratorTest {
  private final FakeRewards rewards = new FakeRewards();
  private final List<Outcome> outcomes = new CopyOnWriteArrayList<>();
  private final List<Integer> written = new CopyOnWriteArrayList<>();
  private volatile @Nullable KnownUser user;
  private final ReplyGenerator generator =
      new ReplyGenerator(
          new GenerationConfig(8, 1, 1),
          rewards,
          new ModelDirectory(),
          (userId, epoch) -> user,
          InstantSource.system(),
          new ReplyGenerator.Listener() {
            @Override
            public void generated(int replies, int tokens, Duration computation) {
              written.add(replies);
            }

            @Override
            public void settled(Duration waited, Outcome outcome) {
              outcomes.add(outcome);
            }
          });
  private final ScoreBatcher batcher =
      ScoreBatcher.inOrder(
          new BatchBudget(10, 100, 1_000_000),
          new AfterGate(
              (userId, epoch) -> user,
              () -> 1,
              Duration.ofHours(1),
              InstantSource.system(),
              (waited, included) -> {}));
  private final Thread thread = new Thread(this::work);

  private void work() {
    try {
      generator.run();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @AfterEach
  void stop() throws InterruptedException {
    generator.stop();
    thread.join();
  }

  @Test
  void shouldGiveARequestTheRepliesThatItAsksFor() {
    // Given
    batcher.add(prompt(0, asking("r", 3).build()));
    boolean before = batcher.isReady();

    // When
    thread.start();

    // Then
    Prompt prompt = next();
    assertThat(before).isFalse();
    assertThat(prompt.rejection()).isNull();
    assertThat(prompt.candidates()).isEqualTo(3);
    assertThat(prompt.tokens()).isEqualTo(texts(prompt).stream().mapToInt(String::length).sum());
    assertThat(prompt.request().getCandidates())
        .extracting(Candidate::getId)
        .containsExactly("g1", "g2", "g3");
    assertThat(texts(prompt)).doesNotHaveDuplicates();
    assertThat(outcomes).containsExactly(Outcome.WRITTEN);
    await().untilAsserted(() -> assertThat(written).containsExactly(3));
  }

  @Test
  void shouldWriteTheSameWhenARequestComesAgain() {
    // Given
    thread.start();
    batcher.add(prompt(0, asking("same", 2).build()));
    List<String> first = texts(next());
    batcher.add(prompt(0, asking("other", 2).build()));
    List<String> other = texts(next());

    // When
    batcher.add(prompt(1, asking("same", 3).build()));

    // Then
    assertThat(texts(next())).startsWith(first.toArray(String[]::new));
    assertThat(other).isNotEqualTo(first);
  }

  @Test
  void shouldWriteForSeveralRequestsAtATimeTheMostUrgentFirst() {
    // Given
    Instant soon = Instant.now().plusSeconds(3600);
    batcher.add(prompt(0, asking("whenever", 30).build()));
    batcher.add(prompt(1, asking("later", 30).setDeadline(soon.plusSeconds(60)).build()));
    batcher.add(prompt(2, asking("soon", 30).setDeadline(soon).build()));

    // When
    thread.start();

    // Then: 64 replies at a time
    await().until(() -> outcomes.size() == 3);
    assertThat(rewards.generated).containsExactly(List.of("soon", "later"), List.of("whenever"));
  }

  @Test
  void shouldWriteForOthersWhereOneFails() {
    // Given
    batcher.add(prompt(0, asking("throw", 1).build()));
    batcher.add(prompt(1, asking("fine", 1).build()));

    // When
    thread.start();

    // Then
    await().until(() -> outcomes.size() == 2);
    List<Prompt> batch = batcher.next();
    assertThat(batch.get(0).rejection().code()).isEqualTo(ScoreErrorCode.INTERNAL);
    assertThat(batch.get(1).candidates()).isEqualTo(1);
    assertThat(outcomes).containsExactly(Outcome.FAILED, Outcome.WRITTEN);
  }

  @Test
  void shouldGiveUpAtTheDeadlineAndLetTheOthersGoOnMeanwhile() {
    // Given
    rewards.mayWrite = new CountDownLatch(1);
    thread.start();
    batcher.add(prompt(0, asking("late", 1).setDeadline(Instant.now().plusMillis(300)).build()));
    batcher.add(prompt(1, Requests.of("free", "a").build()));

    // When
    Prompt free = next();

    // Then
    assertThat(free.request().getRequestId()).isEqualTo("free");
    Prompt late = next();
    assertThat(late.rejection().code()).isEqualTo(ScoreErrorCode.DEADLINE_PASSED);
    rewards.mayWrite.countDown();
    await().untilAsserted(() -> assertThat(outcomes).containsExactly(Outcome.DROPPED));
  }

  @Test
  void shouldNotWriteForADeadlineThatHasPassed() {
    // Given
    thread.start();

    // When
    batcher.add(prompt(0, asking("past", 1).setDeadline(Instant.ofEpochMilli(1)).build()));

    // Then
    assertThat(next().rejection().code()).isEqualTo(ScoreErrorCode.DEADLINE_PASSED);
    assertThat(rewards.generated).isEmpty();
  }

  @Test
  void shouldNotWriteWhatAnotherMemberAnswers() {
    // Given
    batcher.add(prompt(0, asking("gone", 1).build()));
    batcher.add(prompt(1, asking("mine", 1).build()));

    // When
    batcher.drop(List.of(0));

    // Then
    thread.start();
    assertThat(next().request().getRequestId()).isEqualTo("mine");
    assertThat(rewards.generated).containsExactly(List.of("mine"));
    assertThat(outcomes).containsExactly(Outcome.DROPPED, Outcome.WRITTEN);
  }

  @Test
  void shouldWriteOnlyFromAStateThatIncludesTheFeedbackThatIsNamed() {
    // Given
    Position after = new Position(Topics.PREFERENCES.name(), 0, 5L);
    thread.start();
    batcher.add(prompt(0, asking("after", 1).setAfter(after).build()));
    batcher.add(prompt(1, asking("free", 1).build()));
    Prompt free = next();

    // When
    user = new KnownUser(Policies.first().generic(), after, null, List.of());

    // Then
    assertThat(free.request().getRequestId()).isEqualTo("free");
    assertThat(next().request().getRequestId()).isEqualTo("after");
    assertThat(rewards.generated).containsExactly(List.of("free"), List.of("after"));
  }

  private Prompt next() {
    await().until(batcher::isReady);
    List<Prompt> batch = batcher.next();
    assertThat(batch).hasSize(1);
    return batch.get(0);
  }

  private Prompt prompt(int partition, ScoreRequest request) {
    return new Prompt(
        partition, 0, "u", Requests.APPENDED, request, null, 0, null, generator.of(request));
  }

  private static ScoreRequest.Builder asking(String requestId, int replies) {
    return Requests.of(requestId).setGenerate(replies);
  }

  private static List<String> texts(Prompt prompt) {
    return prompt.request().getCandidates().stream().map(Candidate::getText).toList();
  }
}
