package dev.attune.scorer.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

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
import dev.attune.scorer.core.KnownUser;
import dev.attune.scorer.core.ModelDirectory;
import dev.attune.scorer.core.PastEvents;
import dev.attune.scorer.core.Policies;
import dev.attune.scorer.core.ReplySource;
import dev.attune.scorer.core.RequestLimits;
import dev.attune.scorer.core.Requests;
import dev.attune.scorer.core.RowDomains;
import dev.attune.scorer.core.ScoreBatcher;
import dev.attune.scorer.core.ScoringDesk;
import dev.attune.scorer.metrics.ScorerMetrics;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.binder.kafka.KafkaClientMetrics;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.serialization.StringSerializer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ShareSessionTest {
  private static final int MOST_DELIVERIES = 5;
  private static final Position AFTER = new Position(Topics.PREFERENCES.name(), 0, 5L);

  private final FakeShareConsumer consumer = new FakeShareConsumer();
  private final List<MockProducer<String, ScoreResult>> producers = new ArrayList<>();
  private boolean answersCannotBeWritten;
  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private final ScorerMetrics metrics = new ScorerMetrics(meters);
  private @Nullable KnownUser user;
  private boolean registryIsAway;
  private final FakeRewards rewards = new FakeRewards();
  private final Admission admission =
      new Admission(new RequestLimits(10, 1_000, 0), rewards, PastEvents.NONE, ReplySource.NONE);
  private final ShareSession session =
      new ShareSession(
          consumer,
          new AnswerWriter(this::producer, KafkaClientMetrics::new, metrics::restarted),
          () -> MOST_DELIVERIES,
          new PromptReader(this::decode, admission),
          ScoreBatcher.unordered(new BatchBudget(2, 100, 100), gate()),
          new ScoringDesk(
              new BatchScorer(
                  rewards,
                  new ModelDirectory(),
                  this::user,
                  RowDomains.NONE,
                  InstantSource.system()),
              admission,
              ScoreBatcher.inOrder(new BatchBudget(2, 100, 100), gate()),
              1,
              InstantSource.system(),
              (requests, tokens, computation) -> {}),
          new Answers(Topics.REWARDS, metrics),
          metrics);

  private Producer<String, ScoreResult> producer() {
    MockProducer<String, ScoreResult> producer =
        new MockProducer<>(
            true, null, new StringSerializer(), (topic, result) -> "unused".getBytes(UTF_8));
    producer.sendException = answersCannotBeWritten ? new TimeoutException("not now") : null;
    producers.add(producer);
    return producer;
  }

  private AfterGate gate() {
    return new AfterGate(
        this::user, () -> 1, Duration.ofHours(1), InstantSource.system(), (waited, included) -> {});
  }

  @BeforeEach
  void open() {
    session.open();
  }

  @Test
  void shouldAcknowledgeWhatIsAnswered() {
    // Given
    add(0, 3, "a");
    add(1, 8, "b");

    // When
    boolean done = session.step();

    // Then
    assertThat(done).isTrue();
    assertThat(answered()).containsExactlyInAnyOrder("a", "b");
    assertThat(consumer.acknowledged).containsExactlyInAnyOrder("ACCEPT 0/3", "ACCEPT 1/8");
  }

  @Test
  void shouldTakeNothingNewBeforeAllThatIsLentIsAnswered() {
    // Given: a batch takes two
    for (int offset = 0; offset < 3; offset++) {
      add(0, offset, "r" + offset);
    }
    session.step();
    add(0, 3, "later");

    // When
    session.step();

    // Then
    assertThat(answered()).containsExactly("r0", "r1", "r2");
    session.step();
    assertThat(answered()).containsExactly("r0", "r1", "r2", "later");
  }

  @Test
  void shouldAnswerWhatLiesBehindARequestThatWaitsForFeedback() {
    // Given
    add(0, 0, "after");
    add(0, 1, "behind");

    // When
    session.step();

    // Then
    assertThat(answered()).containsExactly("behind");
    user = new KnownUser(Policies.first().generic(), AFTER, null, List.of());
    session.step();
    assertThat(answered()).containsExactly("behind", "after");
    assertThat(consumer.acknowledged).containsExactly("ACCEPT 0/1", "ACCEPT 0/0");
  }

  @Test
  void shouldRenewWhatWaitsForLongerThanItsLockLasts() {
    // Given
    consumer.lock = Duration.ZERO;
    add(0, 0, "after");
    session.step();

    // When
    session.step();

    // Then
    assertThat(consumer.acknowledged).containsExactly("RENEW 0/0");
    assertThat(counted("renewed")).isEqualTo(1);
    user = new KnownUser(Policies.first().generic(), AFTER, null, List.of());
    session.step();
    assertThat(answered()).containsExactly("after");
    assertThat(consumer.acknowledged).endsWith("ACCEPT 0/0");
    assertThat(counted("repeated")).isZero();
  }

  @Test
  void shouldLeaveToOthersWhatItCannotRenew() {
    // Given
    consumer.lock = Duration.ZERO;
    add(0, 0, "after");
    add(1, 0, "after");
    session.step();
    consumer.expired.add(0);

    // When
    session.step();

    // Then
    user = new KnownUser(Policies.first().generic(), AFTER, null, List.of());
    session.step();
    assertThat(history())
        .extracting(record -> record.value().getSource().getPartition())
        .containsExactly(1);
    assertThat(counted("lost")).isEqualTo(1);
  }

  @Test
  void shouldAnswerARepeatedDeliveryAsBefore() {
    // Given: answered, but too late to be acknowledged
    add(0, 7, "a");
    consumer.expired.add(0);
    session.step();
    consumer.expired.clear();
    add(0, 7, "a", 2);

    // When
    session.step();

    // Then
    List<ProducerRecord<String, ScoreResult>> both = history();
    assertThat(both).hasSize(2);
    ScoreResult first = both.get(0).value();
    ScoreResult second = both.get(1).value();
    assertThat(both.get(1).key()).isEqualTo(both.get(0).key());
    assertThat(second.getSource())
        .isEqualTo(first.getSource())
        .isEqualTo(new Position(Topics.PROMPTS.name(), 0, 7L));
    assertThat(second.getRequestId()).isEqualTo(first.getRequestId());
    assertThat(second.getCandidates()).isEqualTo(first.getCandidates());
    assertThat(counted("lost")).isEqualTo(1);
    assertThat(counted("repeated")).isEqualTo(1);
  }

  @Test
  void shouldAnswerTheLastDeliveryWithAnErrorAndNotScoreIt() {
    // Given
    add(0, 0, "poison", MOST_DELIVERIES);
    add(0, 1, "once more", MOST_DELIVERIES - 1);

    // When
    session.step();

    // Then
    assertThat(history())
        .filteredOn(record -> record.value().getError() == ScoreErrorCode.INTERNAL)
        .extracting(record -> record.value().getRequestId())
        .containsExactly("poison");
    assertThat(rewards.batches).containsExactly(1);
    assertThat(consumer.acknowledged).containsExactlyInAnyOrder("ACCEPT 0/0", "ACCEPT 0/1");
    assertThat(counted("exhausted")).isEqualTo(1);
  }

  @Test
  void shouldAnswerTheLastDeliveryAlsoWithoutItsLock() {
    // Given
    consumer.lock = Duration.ZERO;
    registryIsAway = true;
    add(0, 0, "poison", MOST_DELIVERIES);
    session.step();
    consumer.expired.add(0);
    session.step();
    registryIsAway = false;

    // When
    session.step();

    // Then
    assertThat(answered()).containsExactly("poison");
    assertThat(counted("lost")).isEqualTo(1);
    assertThat(consumer.acknowledged).isEmpty();
  }

  @Test
  void shouldAnswerWhatIsNoRequest() {
    // Given
    consumer.addRecord(new ConsumerRecord<>(Topics.PROMPTS.name(), 0, 0, "u", null));

    // When
    session.step();

    // Then
    assertThat(history())
        .extracting(record -> record.value().getError())
        .containsExactly(ScoreErrorCode.MALFORMED);
    assertThat(consumer.acknowledged).containsExactly("ACCEPT 0/0");
  }

  @Test
  void shouldKeepWhatCannotBeReadWhileTheRegistryIsAway() {
    // Given
    registryIsAway = true;
    add(0, 0, "a");

    // When
    boolean done = session.step();

    // Then
    assertThat(done).isFalse();
    assertThat(consumer.acknowledged).isEmpty();
    registryIsAway = false;
    session.step();
    assertThat(answered()).containsExactly("a");
  }

  @Test
  void shouldKeepWhatCannotBeAnsweredWhileAnswersCannotBeWritten() {
    // Given
    answersCannotBeWritten = true;
    add(0, 0, "a");

    // When
    boolean done = session.step();

    // Then
    assertThat(done).isFalse();
    assertThat(consumer.acknowledged).isEmpty();
    assertThat(meters.get("attune.scorer.restarts").counter().count()).isEqualTo(1);
    answersCannotBeWritten = false;
    session.step();
    assertThat(answered()).containsExactly("a");
    assertThat(consumer.acknowledged).containsExactly("ACCEPT 0/0");
  }

  @Test
  void shouldCountWhatItGivesBackAtItsEnd() {
    // Given
    add(0, 0, "after");
    session.step();

    // When
    session.close();

    // Then
    assertThat(counted("released")).isEqualTo(1);
  }

  private @Nullable KnownUser user(String userId, long epoch) {
    return user;
  }

  private List<String> answered() {
    return history().stream().map(record -> record.value().getRequestId()).toList();
  }

  private List<ProducerRecord<String, ScoreResult>> history() {
    return producers.stream().flatMap(producer -> producer.history().stream()).toList();
  }

  private double counted(String event) {
    Counter counter = meters.find("attune.scorer.share.prompts").tag("event", event).counter();
    return counter == null ? 0 : counter.count();
  }

  private void add(int partition, long offset, String requestId) {
    add(partition, offset, requestId, 1);
  }

  private void add(int partition, long offset, String requestId, int deliveries) {
    consumer.addRecord(
        new ConsumerRecord<>(
            Topics.PROMPTS.name(),
            partition,
            offset,
            0,
            TimestampType.LOG_APPEND_TIME,
            0,
            0,
            "u",
            requestId.getBytes(UTF_8),
            new RecordHeaders(),
            Optional.empty(),
            Optional.of((short) deliveries)));
  }

  private ScoreRequest decode(String topic, byte[] bytes) {
    if (registryIsAway) {
      throw new TimeoutException("registry");
    }
    String requestId = new String(bytes, UTF_8);
    return Requests.of(requestId, "abc").setAfter(requestId.equals("after") ? AFTER : null).build();
  }
}
