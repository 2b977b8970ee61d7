package dev.attune.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.attune.schemas.Domains;
import dev.attune.schemas.events.ModelVersion;
import dev.attune.schemas.events.PreferenceBucket;
import dev.attune.trainer.core.Buckets;
import dev.attune.trainer.core.FakeLearners;
import dev.attune.trainer.core.GeneralModel;
import dev.attune.trainer.core.RewardLearner;
import dev.attune.trainer.core.TrainingStates;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
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
    assertThat(fixture.learner(generalVersion)).isEqualTo(expectedGeneral.state());
    for (String domain : DOMAINS) {
      RewardLearner expected =
          new FakeLearners()
              .customized(
                  Optional.of(
                      new GeneralModel(
                          generalVersion,
                          expectedGeneral.weights(),
                          TrainingStates.of(expectedGeneral.state()))));
      domains.stream()
          .filter(bucket -> bucket.getDomain().equals(domain))
          .forEach(bucket -> expected.accept("pooled", bucket));
      ModelVersion version = newest.get("domain/" + domain);
      assertThat(fixture.learner(version)).isEqualTo(expected.state());
      assertThat(fixture.artifact(version.getWeights())).isEqualTo(expected.weights());
    }
    assertThatVersionsCountWithoutGaps(fixture.manifests());
    assertThatOnlyKeptArtifactsRemain();
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

  /** From 0 without gaps, and each version has one weights artifact. */
  private static void assertThatVersionsCountWithoutGaps(List<ModelVersion> manifests) {
    Map<String, Map<Long, Set<String>>> versions = new HashMap<>();
    for (ModelVersion manifest : manifests) {
      versions
          .computeIfAbsent(manifest.getName(), name -> new TreeMap<>())
          .computeIfAbsent(manifest.getVersion(), version -> new HashSet<>())
          .add(manifest.getWeights().getSha256());
    }
    assertThat(versions.values())
        .allSatisfy(
            weights -> {
              long first = Collections.min(weights.keySet());
              assertThat(first).isLessThanOrEqualTo(1);
              assertThat(weights.keySet())
                  .containsExactlyElementsOf(
                      LongStream.range(first, first + weights.size()).boxed().toList());
              assertThat(weights.values()).allSatisfy(one -> assertThat(one).hasSize(1));
            });
  }

  /** What the keys name is there; of the rest, what the last checkpoints replaced may be. */
  private void assertThatOnlyKeptArtifactsRemain() {
    Map<String, ModelVersion> keys = fixture.keys();
    Map<String, ?> chunks = fixture.chunks();
    Set<String> kept = new HashSet<>();
    keys.values().forEach(manifest -> kept.addAll(artifacts(manifest)));
    assertThat(kept).allSatisfy(sha256 -> assertThat(chunks.get(sha256 + "/0")).isNotNull());
    Map<String, Integer> newer = new HashMap<>();
    Set<String> maybe = new HashSet<>(kept);
    Set<String> gone = new HashSet<>();
    List<ModelVersion> manifests = new ArrayList<>(fixture.manifests());
    Collections.reverse(manifests);
    for (ModelVersion manifest : manifests) {
      // What a checkpoint replaces is deleted with a later one of the same model.
      Set<String> where = newer.merge(manifest.getName(), 1, Integer::sum) <= 5 ? maybe : gone;
      where.addAll(artifacts(manifest));
    }
    gone.removeAll(maybe);
    assertThat(gone).isNotEmpty();
    assertThat(gone).allSatisfy(sha256 -> assertThat(chunks.get(sha256 + "/0")).isNull());
    for (String model : fixture.newest().keySet()) {
      assertThat(keys.keySet().stream().filter(key -> key.startsWith("history/" + model + "/")))
          .hasSizeBetween(3, 4);
    }
  }

  private static List<String> artifacts(ModelVersion manifest) {
    return List.of(manifest.getWeights().getSha256(), manifest.getState().getSha256());
  }
}
