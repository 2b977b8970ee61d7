package dev.attune.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.attune.model.engine.Precision;
import dev.attune.model.lm.BaseModel;
import dev.attune.model.reward.OnlineConfig;
import dev.attune.model.reward.OptimizerConfig;
import dev.attune.model.reward.Pooling;
import dev.attune.model.reward.RewardModelConfig;
import dev.attune.model.reward.RewardWeights;
import dev.attune.schemas.events.ModelVersion;
import dev.attune.trainer.core.Buckets;
import dev.attune.trainer.core.CheckpointPolicy;
import dev.attune.trainer.core.FakeLearners;
import dev.attune.trainer.core.RewardsConfig;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainerAppIT {
  private static final int EVENTS = 4;

  @TempDir Path dir;
  private TrainerFixture fixture;

  @BeforeEach
  void start() {
    fixture = new TrainerFixture(dir.resolve("cluster"));
  }

  @AfterEach
  void stop() {
    fixture.close();
  }

  @Test
  void shouldPublishModelsThatLoadAndGoOnInTheirPrecision() {
    // Given
    Path folder = dir.resolve("base");
    SmallBase.write(folder);
    fixture.send(
        LongStream.range(0, 4).mapToObj(i -> Buckets.of("general.helpful", i, EVENTS)).toList());

    // When
    runUntil(config(folder, Optional.of(Precision.FP32)), 4 * EVENTS);
    fixture.send(
        Stream.of("law", "cooking")
            .flatMap(domain -> LongStream.range(0, 4).mapToObj(i -> Buckets.of(domain, i, EVENTS)))
            .toList());
    runUntil(config(folder, Optional.empty()), 3 * 4 * EVENTS);

    // Then
    Map<String, ModelVersion> newest = fixture.newest();
    assertThat(newest)
        .containsOnlyKeys(
            "general",
            "domain/law",
            "domain/cooking",
            "calibration/general.helpful",
            "calibration/law",
            "calibration/cooking");
    ModelVersion law = newest.get("domain/law");
    RewardWeights weights = RewardWeights.read(fixture.artifact(law.getWeights()));
    assertThat(weights.sha256()).isEqualTo(law.getWeights().getSha256());
    try (BaseModel base = BaseModel.load(folder, Precision.FP32)) {
      assertThat(weights.base()).isEqualTo(base.sha256()).isEqualTo(law.getBase());
    }
    assertThat(weights.heads()).contains("pooled", "helpful");
    assertThat(law.getPrecision()).isEqualTo("fp32");
    assertThat(law.getSteps()).isPositive();
    assertThat(law.getMetrics()).containsKeys("accuracy", "loss", "pendingComparisons");
    assertThat(
            fixture.manifests().stream()
                .filter(m -> m.getName().equals("domain/law"))
                .findFirst()
                .map(ModelVersion::getParent))
        .contains(newest.get("general").getWeights().getSha256());
  }

  @Test
  void shouldRefuseModelsOfAnotherBase() {
    // Given
    fixture.send(List.of(Buckets.of("law", 0, EVENTS)));
    try (TrainerApp app = app("base-1")) {
      app.start();
      await().until(() -> fixture.comparisons() == EVENTS);
    }

    // When
    try (TrainerApp app = app("base-2")) {
      app.start();
      await().until(() -> !app.live());

      // Then
      assertThat(app.failure())
          .hasValueSatisfying(
              failure ->
                  assertThat(failure)
                      .hasMessageContaining("domain/law")
                      .hasMessageContaining("base-1")
                      .hasMessageContaining("base-2"));
    }
  }

  private TrainerApp app(String base) {
    return new TrainerApp(
        fixture.config(dir),
        new SimpleMeterRegistry(),
        fixture.clients,
        new FakeLearners(base, () -> {}));
  }

  private TrainerConfig config(Path folder, Optional<Precision> precision) {
    OnlineConfig tiny =
        new OnlineConfig(
            new RewardModelConfig(2, 4, Pooling.MEAN, true, 32, 16),
            new OptimizerConfig(4e-3, 0.01, 0.9, 0.98, 1, 2, 1000, 0, 0.9, 0, false),
            0,
            false,
            4,
            8192,
            1,
            0.5,
            8,
            16,
            0.05,
            1,
            8,
            0,
            128,
            1);
    return new TrainerConfig(
        fixture.settings(),
        EnumSet.of(PipelineKind.REWARDS),
        folder,
        precision,
        "attune-trainer-rewards",
        tiny,
        RewardsConfig.ungated(),
        2,
        new CheckpointPolicy(100, 100, Duration.ofMillis(200)),
        3,
        Duration.ofMinutes(1),
        PolicySettings.defaults(),
        fixture.config(folder).users());
  }

  private void runUntil(TrainerConfig config, long comparisons) {
    try (TrainerApp app = new TrainerApp(config, new SimpleMeterRegistry())) {
      app.start();
      await()
          .atMost(Duration.ofSeconds(60))
          .untilAsserted(() -> assertThat(fixture.comparisons()).isEqualTo(comparisons));
    }
  }
}
