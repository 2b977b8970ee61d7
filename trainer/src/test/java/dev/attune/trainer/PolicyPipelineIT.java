package dev.attune.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.attune.model.head.BasisLearner;
import dev.attune.model.lm.BaseModel;
import dev.attune.model.personal.PersonalConfig;
import dev.attune.model.policy.Policy;
import dev.attune.model.policy.PolicyConfig;
import dev.attune.schemas.ModelKeys;
import dev.attune.schemas.Topics;
import dev.attune.schemas.events.GateDecision;
import dev.attune.schemas.events.ModelVersion;
import dev.attune.trainer.core.Buckets;
import dev.attune.trainer.kafka.policy.PolicyClients;
import dev.attune.trainer.policy.EpochSchedule;
import dev.attune.trainer.policy.PolicyTraining;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.producer.Producer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PolicyPipelineIT {
  private static final String GROUP = "attune-trainer-policy";
  private static final int EVENTS = 4;

  private static BaseModel base;

  @TempDir Path dir;
  private TrainerFixture fixture;

  @BeforeAll
  static void load(@TempDir Path folder) {
    base = SmallBase.train(folder);
  }

  @AfterAll
  static void unload() {
    base.close();
  }

  @BeforeEach
  void start() {
    fixture = new TrainerFixture(dir.resolve("cluster"));
  }

  @AfterEach
  void stop() {
    fixture.close();
  }

  @Test
  void shouldPublishTheFirstEpochAtOnceAndTheNextWhenItIsDue() {
    // Given
    fixture.sendByUser(round(0));

    // When
    try (TrainerApp app = app(new SimpleMeterRegistry())) {
      app.start();
      awaitEvents((long) round(0).size() * EVENTS);
    }
    fixture.sendByUser(round(1));
    try (TrainerApp app = app(new SimpleMeterRegistry())) {
      app.start();
      awaitEvents(2L * round(0).size() * EVENTS);
    }

    // Then
    List<ModelVersion> manifests = fixture.manifests(ModelKeys.POLICY);
    assertThat(manifests.get(0).getVersion()).isEqualTo(1);
    assertThat(manifests.get(0).getEvents()).isZero();
    assertThat(manifests.get(0).getVerdict().getDecision()).isEqualTo(GateDecision.UNGATED);
    ModelVersion last = manifests.get(manifests.size() - 1);
    assertThat(last.getVersion()).isEqualTo(3);
    Policy policy = Policy.read(fixture.artifact(last.getWeights()));
    assertThat(policy.epoch()).isEqualTo(3);
    assertThat(policy.changes()).hasSize(2);
    assertThat(policy.weights()).isNotNull();
    assertThat(last.getPositions()).hasSize(Topics.BUCKETS_BY_USER.partitions());
    assertThat(fixture.keys().get(ModelKeys.history(ModelKeys.POLICY, 2)).getVersion())
        .isEqualTo(2);
  }

  @Test
  void shouldKeepNothingThatAnErasedUserSaid() {
    // Given
    fixture.sendByUser(round(0));
    try (TrainerApp app = app(new SimpleMeterRegistry())) {
      app.start();
      awaitEvents((long) round(0).size() * EVENTS);

      // When
      fixture.eraseUser("user-3");
      await()
          .atMost(Duration.ofSeconds(30))
          .until(() -> fixture.newest(ModelKeys.POLICY).getMetrics().get("sampleUsers") == 6);
    }

    // Then
    assertThat(fixture.chunks().values())
        .allSatisfy(
            chunk ->
                assertThat(
                        chunk == null
                            ? ""
                            : StandardCharsets.ISO_8859_1.decode(chunk.getData()).toString())
                    .doesNotContain("user-3"));
  }

  @Test
  void shouldHaveOneWriterOfTwoInstances() {
    // Given
    MeterRegistry firstMeters = new SimpleMeterRegistry();
    MeterRegistry secondMeters = new SimpleMeterRegistry();
    TrainerApp first = app(firstMeters);
    TrainerApp second = app(secondMeters);
    first.start();
    await().atMost(Duration.ofSeconds(30)).until(() -> epoch(firstMeters) == 1);

    // When
    second.start();
    await().atMost(Duration.ofSeconds(30)).until(second::ready);
    fixture.sendByUser(round(0));
    awaitEvents((long) round(0).size() * EVENTS);
    double standingBy = epoch(secondMeters);
    first.close();
    await().atMost(Duration.ofSeconds(30)).until(() -> epoch(secondMeters) == 2);
    fence();
    fixture.sendByUser(round(1));
    awaitEvents(2L * round(0).size() * EVENTS);
    second.close();

    // Then
    assertThat(standingBy).isZero();
    assertThat(firstMeters.get("attune.policy.recoveries").counter().count())
        .as("one that stands by does not cost the writer what it has")
        .isZero();
    assertThat(second.live()).isTrue();
    assertThat(secondMeters.get("attune.policy.recoveries").counter().count()).isPositive();
    assertThat(fixture.newest(ModelKeys.POLICY).getEvents())
        .isEqualTo(2L * round(0).size() * EVENTS);
    assertThat(fixture.manifests(ModelKeys.POLICY).stream().mapToLong(ModelVersion::getVersion))
        .isSorted();
  }

  private void fence() {
    try (Producer<String, SpecificRecord> usurper =
        new PolicyClients(fixture.settings(), GROUP).transactional()) {
      usurper.initTransactions();
    }
  }

  /** Seven users' buckets of some events each, in the order of the test. */
  private static List<dev.attune.schemas.events.PreferenceBucket> round(int number) {
    return LongStream.range(7L * number, 7L * (number + 1))
        .mapToObj(sequence -> Buckets.of("law", sequence, EVENTS))
        .toList();
  }

  private void awaitEvents(long events) {
    await()
        .atMost(Duration.ofSeconds(60))
        .pollInterval(Duration.ofMillis(50))
        .until(
            () ->
                fixture.manifests(ModelKeys.POLICY).stream()
                    .anyMatch(manifest -> manifest.getEvents() == events));
  }

  private static double epoch(MeterRegistry meters) {
    return meters.get("attune.policy.epoch").gauge().value();
  }

  private TrainerApp app(MeterRegistry meters) {
    TrainerConfig plain = fixture.config(dir);
    TrainerConfig config =
        new TrainerConfig(
            plain.kafka(),
            EnumSet.of(PipelineKind.POLICY),
            dir,
            Optional.empty(),
            plain.group(),
            plain.learning(),
            plain.rewards(),
            plain.residentModels(),
            plain.checkpoints(),
            plain.keepVersions(),
            plain.keepAtLeast(),
            new PolicySettings(
                GROUP,
                new PolicyConfig(
                    new BasisLearner(2, 3, 10, 50),
                    PolicyConfig.defaults().prior(),
                    16,
                    32,
                    PersonalConfig.defaults().withLengths(16, 32),
                    4,
                    2),
                new PolicyTraining.Settings(new EpochSchedule(24, 24), 1000, 100, 1),
                Duration.ofMillis(200),
                1),
            plain.users());
    return new TrainerApp(config, meters, base);
  }
}
