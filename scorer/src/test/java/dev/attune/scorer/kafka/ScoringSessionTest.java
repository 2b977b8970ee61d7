package dev.attune.scorer.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;

import dev.attune.schemas.Topics;
import dev.attune.schemas.events.Position;
import dev.attune.schemas.events.ScoreErrorCode;
import dev.attune.schemas.events.ScoreRequest;
import dev.attune.schemas.events.ScoreResult;
import dev.attune.scorer.core.Admission;
import dev.attune.scorer.core.AfterGate;
import dev.attune.scorer.core.BatchBudget;
import dev.attune.scorer.core.BatchScorer;
import dev.attune.scorer.core.FakeRewards;
import dev.attune.scorer.core.GenerationConfig;
import dev.attune.scorer.core.KnownUser;
import dev.attune.scorer.core.ModelDirectory;
import dev.attune.scorer.core.PastEvents;
import dev.attune.scorer.core.Policies;
import dev.attune.scorer.core.ReplyGenerator;
import dev.attune.scorer.core.RequestLimits;
import dev.attune.scorer.core.Requests;
import dev.attune.scorer.core.RowDomains;
import dev.attune.scorer.core.ScoreBatcher;
import dev.attune.scorer.core.ScoringDesk;
import dev.attune.scorer.metrics.ScorerMetrics;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.StringSerializer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ScoringSessionTest {
  private static final TopicPartition FIRST = new TopicPartition(Topics.PROMPTS.name(), 0);
  private static final TopicPartition SECOND = new TopicPartition(Topics.PROMPTS.name(), 1);

  private static final Position AFTER = new Position(Topics.PREFERENCES.name(), 0, 5L);

  private final MockConsumer<String, byte[]> consumer = new MockConsumer<>("earliest");
  private final MockProducer<String, ScoreResult> producer =
      new MockProducer<>(
          true, null, new StringSerializer(), (topic, result) -> "unused".getBytes(UTF_8));
  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private @Nullable KnownUser user;
  private final FakeRewards rewards = new FakeRewards();
  private final ReplyGenerator replies =
      new ReplyGenerator(
          new GenerationConfig(8, 1, 1),
          rewards,
          new ModelDirectory(),
          this::user,
          InstantSource.system(),
          new ScorerMetrics(meters));
  private final Admission admission =
      new Admission(new RequestLimits(10, 1_000, 4), rewards, PastEvents.NONE, replies);
  private final PromptReader reader = new PromptReader(ScoringSessionTest::decode, admission);
  private final ScoringSession session =
      new ScoringSession(
          consumer,
          producer,
          List.of(),
          reader,
          batcher(),
          new ScoringDesk(
              new BatchScorer(
                  rewards,
                  new ModelDirectory(),
                  this::user,
                  RowDomains.NONE,
                  InstantSource.system()),
              admission,
              batcher(),
              1,
              InstantSource.system(),
              (requests, tokens, computation) -> {}),
          new Answers(Topics.REWARDS, new ScorerMetrics(meters)),
          new ScorerMetrics(meters));

  private ScoreBatcher batcher() {
    return ScoreBatcher.inOrder(
        new BatchBudget(2, 100, 100),
        new AfterGate(
            this::user,
            () -> 1,
            Duration.ofHours(1),
            InstantSource.system(),
            (waited, included) -> {}));
  }

  @BeforeEach
  void open() {
    session.open();
    consumer.rebalance(List.of(FIRST, SECOND));
    consumer.updateBeginningOffsets(Map.of(FIRST, 0L, SECOND, 0L));
  }

  @Test
  void shouldCommitAnswersAndOffsetsTogether() {
    // Given
    add(FIRST, 0, "a");
    add(SECOND, 0, "b");

    // When
    boolean done = session.step();

    // Then
    assertThat(done).isTrue();
    assertThat(producer.history())
        .extracting(ProducerRecord::key, record -> record.value().getRequestId())
        .containsExactlyInAnyOrder(tuple("u", "a"), tuple("u", "b"));
    assertThat(committed(FIRST)).isEqualTo(1);
    assertThat(committed(SECOND)).isEqualTo(1);
  }

  @Test
  void shouldPauseItsPartitionsWhileRequestsWait() {
    // Given
    for (int offset = 0; offset < 3; offset++) {
      add(FIRST, offset, "r" + offset);
    }
    session.step();

    // When
    session.step();

    // Then
    assertThat(consumer.paused()).containsExactlyInAnyOrder(FIRST, SECOND);
    assertThat(producer.history()).hasSize(3);
    session.step();
    assertThat(consumer.paused()).isEmpty();
  }

  @Test
  void shouldScoreAgainWhatWasAborted() {
    // Given
    add(FIRST, 0, "a");
    producer.commitTransactionException = new KafkaException("not this time");

    // When
    boolean done = session.step();

    // Then
    assertThat(done).isFalse();
    assertThat(producer.history()).isEmpty();
    assertThat(producer.transactionAborted()).isTrue();
    assertThat(consumer.position(FIRST)).isZero();
    assertThat(meters.get("attune.scorer.transaction.aborts").counter().count()).isEqualTo(1);
    assertThat(meters.find("attune.scorer.requests").counter()).isNull();
  }

  @Test
  void shouldHoldAPartitionWhereTheRegistryIsAwayAndGoOnWithOthers() {
    // Given
    add(FIRST, 0, "a");
    add(FIRST, 1, "registry is away");
    add(FIRST, 2, "behind");
    add(SECOND, 0, "b");

    // When
    boolean done = session.step();

    // Then
    assertThat(done).isFalse();
    assertThat(consumer.position(FIRST)).isEqualTo(1);
    assertThat(committed(FIRST)).isEqualTo(1);
    assertThat(committed(SECOND)).isEqualTo(1);
    assertThat(producer.history()).hasSize(2);
  }

  @Test
  void shouldEndWhenItIsFenced() {
    // Given
    add(FIRST, 0, "a");
    producer.fenceProducer();

    // When
    Throwable error = catchThrowable(session::step);

    // Then
    assertThat(error).isInstanceOf(ProducerFencedException.class);
  }

  @Test
  void shouldLeaveWhatWaitsToTheNextOwnerOfItsPartition() {
    // Given
    for (int offset = 0; offset < 3; offset++) {
      add(FIRST, offset, "r" + offset);
    }
    session.step();
    consumer.rebalance(List.of(SECOND));

    // When
    session.step();

    // Then
    assertThat(producer.history()).hasSize(2);
    assertThat(committed(FIRST)).isEqualTo(2);
  }

  @Test
  void shouldAnswerATextThatCannotBeSplitIntoTokens() {
    // Given
    add(FIRST, 0, "untokenisable");

    // When
    session.step();

    // Then
    assertThat(producer.history())
        .extracting(record -> record.value().getError())
        .containsExactly(ScoreErrorCode.INTERNAL);
  }

  @Test
  void shouldHoldOnlyThePartitionWhoseRequestWaitsForFeedback() {
    // Given
    add(FIRST, 0, "after");
    add(FIRST, 1, "behind");
    add(SECOND, 0, "b");
    session.step();

    // When
    add(SECOND, 1, "c");
    session.step();

    // Then
    assertThat(producer.history())
        .extracting(record -> record.value().getRequestId())
        .containsExactly("b", "c");
    assertThat(consumer.paused()).containsExactly(FIRST);
    user = new KnownUser(Policies.first().generic(), AFTER, null, List.of());
    session.step();
    assertThat(producer.history()).hasSize(4);
  }

  @Test
  void shouldWriteTheSameRepliesAfterAnAbortAndLetOthersGoOnMeanwhile() throws Exception {
    // Given
    Thread writing = new Thread(this::write);
    writing.start();
    producer.commitTransactionException = new KafkaException("not this time");
    add(FIRST, 0, "generate");
    step(producer::transactionAborted);
    producer.commitTransactionException = null;
    rewards.mayWrite = new CountDownLatch(1);
    add(FIRST, 0, "generate");
    add(SECOND, 0, "b");

    // When
    step(() -> producer.history().size() == 1);

    // Then
    assertThat(producer.history().get(0).value().getRequestId()).isEqualTo("b");
    rewards.mayWrite.countDown();
    step(() -> producer.history().size() == 2);
    assertThat(producer.history().get(1).value().getCandidates()).hasSize(3);
    assertThat(rewards.seeds).hasSize(6);
    assertThat(rewards.seeds.subList(3, 6)).isEqualTo(rewards.seeds.subList(0, 3));
    replies.stop();
    writing.join();
  }

  private void step(BooleanSupplier done) {
    await()
        .until(
            () -> {
              session.step();
              return done.getAsBoolean();
            });
  }

  private void write() {
    try {
      replies.run();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private @Nullable KnownUser user(String userId, long epoch) {
    return user;
  }

  private void add(TopicPartition partition, long offset, String requestId) {
    consumer.addRecord(
        new ConsumerRecord<>(
            partition.topic(), partition.partition(), offset, "u", requestId.getBytes(UTF_8)));
  }

  private long committed(TopicPartition partition) {
    return producer.consumerGroupOffsetsHistory().stream()
        .flatMap(group -> group.values().stream())
        .filter(offsets -> offsets.containsKey(partition))
        .mapToLong(offsets -> offsets.get(partition).offset())
        .max()
        .orElse(-1);
  }

  private static ScoreRequest decode(String topic, byte[] bytes) {
    String requestId = new String(bytes, UTF_8);
    if (requestId.equals("registry is away")) {
      throw new TimeoutException("registry");
    }
    if (requestId.equals("generate")) {
      return Requests.of(requestId).setGenerate(3).build();
    }
    String reply = requestId.equals("untokenisable") ? FakeRewards.NO_TOKENS : "abc";
    return Requests.of(requestId, reply).setAfter(requestId.equals("after") ? AFTER : null).build();
  }
}
