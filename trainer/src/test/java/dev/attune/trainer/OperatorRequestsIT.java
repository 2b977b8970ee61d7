package dev.attune.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.attune.schemas.events.GateDecision;
import dev.attune.schemas.events.ModelVersion;
import dev.attune.trainer.core.Buckets;
import dev.attune.trainer.core.FakeLearners;
import dev.attune.trainer.core.RewardLearner;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OperatorRequestsIT {
  private static final String LAW = "law";
  private static final String MODEL = "domain/law";
  private static final int EVENTS = 6;

  @TempDir Path dir;
  private TrainerFixture fixture;
  private TrainerApp app;
  private long sent;

  @BeforeEach
  void start() {
    fixture = new TrainerFixture(dir);
    app =
        new TrainerApp(
            fixture.config(dir), new SimpleMeterRegistry(), fixture.clients, new FakeLearners());
    app.start();
    for (int version = 1; version <= 3; version++) {
      learnOneBucket();
    }
  }

  @AfterEach
  void stop() {
    app.close();
    fixture.close();
  }

  @Test
  void shouldGoBackToAnEarlierVersionWhileNothingIsBeingLearned() {
    // Given
    ModelVersion good = fixture.keys().get("history/domain/law/1");

    // When
    fixture.ask("rollback/domain/law", good);

    // Then
    await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> !fixture.keys().containsKey("rollback/domain/law"));
    ModelVersion back = fixture.newest().get(MODEL);
    assertThat(back.getVersion()).isEqualTo(1);
    assertThat(back.getWeights()).isEqualTo(good.getWeights());
    assertThat(back.getVerdict().getDecision()).isEqualTo(GateDecision.ROLLED_BACK);
    RewardLearner expected = new FakeLearners().restore(MODEL, fixture.learner(back));
    learnOneBucket();
    expected.accept("pooled", Buckets.of(LAW, sent - 1, EVENTS));
    ModelVersion next = fixture.newest().get(MODEL);
    assertThat(next.getVersion()).isEqualTo(4);
    assertThat(fixture.learner(next)).isEqualTo(expected.state());
    assertThat(fixture.artifact(next.getWeights())).isEqualTo(expected.weights());
  }

  @Test
  void shouldTrainOnAndPublishNothingWhileAModelIsHeld() {
    // Given
    ModelVersion good = fixture.keys().get("history/domain/law/2");
    fixture.ask("pin/domain/law", good);

    // When
    for (int bucket = 0; bucket < 5; bucket++) {
      learnOneBucket();
    }

    // Then
    ModelVersion held = fixture.newest().get(MODEL);
    assertThat(held.getVersion()).isEqualTo(3);
    assertThat(held.getVerdict().getDecision()).isEqualTo(GateDecision.PINNED);
    fixture.ask("pin/domain/law", null);
    learnOneBucket();
    assertThat(fixture.newest().get(MODEL).getVersion()).isEqualTo(4);
    assertThat(fixture.artifact(good.getState())).isNotEmpty();
  }

  @Test
  void shouldLeaveARollbackAloneThatCannotBeCarriedOut() {
    // Given
    ModelVersion other =
        ModelVersion.newBuilder(fixture.newest().get(MODEL)).setBase("base-2").build();

    // When
    fixture.ask("rollback/domain/law", other);
    learnOneBucket();

    // Then
    Map<String, ModelVersion> keys = fixture.keys();
    assertThat(app.live()).isTrue();
    assertThat(keys).containsKey("rollback/domain/law");
    assertThat(keys.get(MODEL).getVersion()).isEqualTo(4);
  }

  /** Sends a bucket and waits until a checkpoint has it. */
  private void learnOneBucket() {
    fixture.send(List.of(Buckets.of(LAW, sent, EVENTS)));
    sent++;
    await()
        .atMost(Duration.ofSeconds(60))
        .pollInterval(Duration.ofMillis(20))
        .until(() -> fixture.comparisons() == sent * EVENTS);
  }
}
