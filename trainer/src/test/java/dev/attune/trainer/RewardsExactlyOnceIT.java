package dev.attune.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.attune.schemas.Domains;
import dev.attune.schemas.events.Artifact;
import dev.attune.schemas.events.ModelVersion;
import dev.attune.schemas.events.PreferenceBucket;
import dev.attune.trainer.core.Buckets;
import dev.attune.trainer.core.FakeLearners;
import dev.attune.trainer.core.GeneralModel;
import dev.attune.trainer.core.RewardLearner;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RewardsExactlyOnceIT {
  private static final List<String> SOURCES = List.of("general", "general.helpful");
  private static final List<String> DOMAINS = List.of("law", "cooking", "travel");
  private static final int BUCKETS = 40;
  private static final int EVENTS = 3;
  private static final List<String> POINTS =
      List.of(
          CrashingClients.LEARNING,
          "before artifacts.send",
          "after artifacts.flush",
          "after transaction.beginTransaction",
          "after transaction.send",
          "after transaction.sendOffsetsToTransaction",
          "before transaction.commitTransaction",
          "after transaction.commitTransaction",
          CrashingClients.LEARNING);

  @TempDir Path dir;
  private TrainerFixture fixture;
  private final Random random = new Random(7);
  private int crashes;

  @BeforeEach
  void start() {
    fixture = new TrainerFixture(dir);
  }

  @AfterEach
  void stop() {
    fixture.close();
  }

  @Test
  void shouldLearnEachBucketOnceWhereverItIsKilled() {
    // Given
    List<PreferenceBucket> general = stream(SOURCES);
    List<PreferenceBucket> domains = stream(DOMAINS);
    RewardLearner expectedGeneral = new FakeLearners().general();
    general.forEach(b -> expectedGeneral.accept(Domains.head(b.getDomain()), b));

    // When
    fixture.send(general);
    runWithCrashes(POINTS.subList(0, 5), comparisons(general));
    fixture.send(domains);
    runWithCrashes(POINTS.subList(5, POINTS.size()), comparisons(general) + comparisons(domains));

    // Then
    assertThat(crashes).isEqualTo(POINTS.size());
    Map<String, ModelVersion> newest = fixture.newest();
    assertThat(newest).containsOnlyKeys("general", "domain/law", "domain/cooking", "domain/travel");
    ModelVersion generalVersion = newest.get("general");
    assertThat(fixture.artifact(generalVersion.getState())).isEqualTo(expectedGeneral.state());
    for (String domain : DOMAINS) {
      RewardLearner expected =
          new FakeLearners()
              .customized(
                  Optional.of(
                      new GeneralModel(
                          generalVersion, expectedGeneral.weights(), expectedGeneral.state())));
      domains.stream()
          .filter(bucket -> bucket.getDomain().equals(domain))
          .forEach(bucket -> expected.accept("pooled", bucket));
      ModelVersion version = newest.get("domain/" + domain);
      assertThat(fixture.artifact(version.getState())).isEqualTo(expected.state());
      assertThat(fixture.artifact(version.getWeights())).isEqualTo(expected.weights());
    }
    assertThatVersionsCountFromOne(fixture.manifests());
    assertThatOnlyKeptArtifactsRemain(fixture.manifests());
  }

  /** Kills the trainer at each point, after it has got past it a few times; then lets it end. */
  private void runWithCrashes(List<String> points, long comparisons) {
    for (String point : points) {
      int passes = random.nextInt(point.equals(CrashingClients.LEARNING) ? 30 : 3);
      crashes += run(point, passes, comparisons) ? 1 : 0;
    }
    run("nowhere", 0, comparisons);
    assertThat(fixture.comparisons()).isEqualTo(comparisons);
  }

  /** True if it died. */
  private boolean run(String point, int passes, long comparisons) {
    CrashingClients clients = new CrashingClients(fixture.clients, point, passes);
    FakeLearners learners =
        new FakeLearners("base-1", () -> clients.step(CrashingClients.LEARNING));
    try (TrainerApp app =
        new TrainerApp(fixture.config(dir), new SimpleMeterRegistry(), clients, learners)) {
      app.start();
      await()
          .atMost(Duration.ofSeconds(60))
          .pollInterval(Duration.ofMillis(20))
          .until(() -> !app.live() || fixture.comparisons() >= comparisons);
    }
    return clients.died();
  }

  private static List<PreferenceBucket> stream(List<String> domains) {
    return LongStream.range(0, BUCKETS)
        .boxed()
        .flatMap(
            sequence ->
                domains.stream()
                    .map(
                        domain ->
                            sequence % 10 == 9
                                ? Buckets.empty(domain, sequence)
                                : Buckets.of(domain, sequence, EVENTS)))
        .toList();
  }

  private static long comparisons(List<PreferenceBucket> buckets) {
    return buckets.stream().mapToLong(bucket -> bucket.getFeedback().size()).sum();
  }

  private static void assertThatVersionsCountFromOne(List<ModelVersion> manifests) {
    Map<String, List<Long>> versions = new HashMap<>();
    for (ModelVersion manifest : manifests) {
      versions
          .computeIfAbsent(manifest.getName(), name -> new ArrayList<>())
          .add(manifest.getVersion());
    }
    assertThat(versions.values())
        .allSatisfy(
            list ->
                assertThat(list)
                    .isEqualTo(LongStream.rangeClosed(1, list.size()).boxed().toList()));
  }

  /** The newest three versions of each model and what was put just before a crash. */
  private void assertThatOnlyKeptArtifactsRemain(List<ModelVersion> manifests) {
    Map<String, Integer> after = new HashMap<>();
    Map<String, Artifact> kept = new HashMap<>();
    Map<String, Artifact> dropped = new HashMap<>();
    for (int i = manifests.size() - 1; i >= 0; i--) {
      ModelVersion manifest = manifests.get(i);
      int newer = after.merge(manifest.getName(), 1, Integer::sum) - 1;
      // A version is cleaned up with the checkpoint after the one that replaced it.
      Map<String, Artifact> where = newer <= 3 ? kept : dropped;
      where.putIfAbsent(manifest.getState().getSha256(), manifest.getState());
      where.putIfAbsent(manifest.getWeights().getSha256(), manifest.getWeights());
    }
    dropped.keySet().removeAll(kept.keySet());
    assertThat(dropped).isNotEmpty();
    Map<String, ?> chunks = fixture.chunks();
    assertThat(dropped.keySet())
        .allSatisfy(sha256 -> assertThat(chunks.get(sha256 + "/0")).isNull());
  }
}
