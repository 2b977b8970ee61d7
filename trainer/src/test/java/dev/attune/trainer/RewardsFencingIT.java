package dev.attune.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.attune.schemas.Domains;
import dev.attune.schemas.events.ModelVersion;
import dev.attune.schemas.events.PreferenceBucket;
import dev.attune.trainer.core.Buckets;
import dev.attune.trainer.core.FakeLearners;
import dev.attune.trainer.core.RewardLearner;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.producer.Producer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RewardsFencingIT {
  private static final List<String> DOMAINS =
      List.of("law", "cooking", "travel", "music", "sport", "science");
  private static final int EVENTS = 3;
  private static final int ROUNDS = 10;

  @TempDir Path dir;
  private TrainerFixture fixture;
  private long sent;

  @BeforeEach
  void start() {
    fixture = new TrainerFixture(dir);
  }

  @AfterEach
  void stop() {
    fixture.close();
  }

  @Test
  void shouldCountNothingTwiceWhenPartitionsMove() {
    // Given
    MeterRegistry firstMeters = new SimpleMeterRegistry();
    MeterRegistry secondMeters = new SimpleMeterRegistry();
    TrainerApp first = app(firstMeters);
    TrainerApp second = app(secondMeters);
    first.start();
    sendRound();
    awaitLearned();

    // When
    second.start();
    sendRound();
    await().atMost(Duration.ofSeconds(30)).until(() -> partitions(secondMeters) > 0);
    sendRound();
    awaitLearned();
    sendRound();
    first.close();
    sendRound();
    awaitLearned();
    fence();
    sendRound();
    awaitLearned();
    second.close();

    // Then
    assertThat(first.live()).isTrue();
    assertThat(second.live()).isTrue();
    assertThat(secondMeters.get("attune.trainer.recoveries").counter().count()).isPositive();
    for (String domain : DOMAINS) {
      RewardLearner expected = new FakeLearners().customized(Optional.empty());
      LongStream.range(0, sent)
          .mapToObj(sequence -> Buckets.of(domain, sequence, EVENTS))
          .forEach(bucket -> expected.accept("pooled", bucket));
      ModelVersion version = fixture.newest().get("domain/" + domain);
      assertThat(fixture.learner(version)).isEqualTo(expected.state());
    }
  }

  /** Takes the transactional id of a partition that is owned away from its owner. */
  private void fence() {
    int partition = Domains.partition(DOMAINS.get(0), TrainerFixture.PARTITIONS);
    try (Producer<String, SpecificRecord> usurper = fixture.clients.transactional(partition)) {
      usurper.initTransactions();
    }
  }

  private void sendRound() {
    List<PreferenceBucket> buckets =
        LongStream.range(sent, sent + ROUNDS)
            .boxed()
            .flatMap(
                sequence -> DOMAINS.stream().map(domain -> Buckets.of(domain, sequence, EVENTS)))
            .toList();
    sent += ROUNDS;
    fixture.send(buckets);
  }

  private void awaitLearned() {
    long comparisons = sent * EVENTS * DOMAINS.size();
    await()
        .atMost(Duration.ofSeconds(60))
        .pollInterval(Duration.ofMillis(20))
        .untilAsserted(() -> assertThat(fixture.comparisons()).isEqualTo(comparisons));
  }

  private TrainerApp app(MeterRegistry meters) {
    return new TrainerApp(fixture.config(dir), meters, fixture.clients, new FakeLearners());
  }

  private static double partitions(MeterRegistry meters) {
    return meters.get("attune.trainer.partitions").gauge().value();
  }
}
