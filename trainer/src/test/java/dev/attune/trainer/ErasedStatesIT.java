package dev.attune.trainer;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.attune.model.reward.UserKey;
import dev.attune.schemas.events.ArtifactChunk;
import dev.attune.schemas.events.ModelVersion;
import dev.attune.trainer.core.Buckets;
import dev.attune.trainer.core.FakeLearners;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is left in attune.artifacts of states that have been replaced. */
class ErasedStatesIT {
  private static final String LAW = "law";
  private static final int EVENTS = 6;

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
  void shouldLeaveNothingOfAUserInStatesThatWereReplaced() {
    // Given
    try (TrainerApp app = app(Duration.ofDays(1))) {
      app.start();
      learnOneBucket();
      fixture.ask("pin/domain/law", fixture.keys().get("history/domain/law/1"));
      // Nothing more is published, so only checkpoints have what comes now; two events wait in one.
      learnOneBucket();
      learnOneBucket();
      String user = "user-2";
      learnOneBucket();
      assertThat(statesNaming(user)).isNotEmpty();

      // When
      fixture.requestErasure(user);

      // Then
      await()
          .atMost(Duration.ofSeconds(30))
          .pollInterval(Duration.ofMillis(100))
          .untilAsserted(() -> assertThat(statesNaming(user)).isEmpty());
      assertThat(app.live()).isTrue();
      assertThat(stored()).containsAll(named());
    }
  }

  @Test
  void shouldCleanUpWhileNothingIsBeingLearned() {
    // Given
    try (TrainerApp app = app(Duration.ofMillis(500))) {
      app.start();

      // When
      for (int bucket = 0; bucket < 6; bucket++) {
        learnOneBucket();
      }

      // Then
      await()
          .atMost(Duration.ofSeconds(30))
          .pollInterval(Duration.ofMillis(100))
          .untilAsserted(
              () -> {
                assertThat(fixture.keys().keySet())
                    .filteredOn(key -> key.startsWith("history/domain/law/"))
                    .hasSize(3);
                assertThat(stored()).isEqualTo(named());
              });
    }
  }

  private TrainerApp app(Duration keepAtLeast) {
    TrainerConfig plain = fixture.config(dir);
    return new TrainerApp(
        new TrainerConfig(
            plain.kafka(),
            plain.pipelines(),
            plain.base(),
            plain.precision(),
            plain.group(),
            plain.learning(),
            plain.rewards(),
            plain.residentModels(),
            plain.checkpoints(),
            plain.keepVersions(),
            keepAtLeast,
            plain.policy(),
            plain.users()),
        new SimpleMeterRegistry(),
        fixture.clients,
        new FakeLearners());
  }

  /** The artifacts that are stored. */
  private Set<String> stored() {
    Set<String> stored = new TreeSet<>();
    fixture
        .chunks()
        .values()
        .forEach(
            chunk -> {
              if (chunk != null) {
                stored.add(chunk.getSha256());
              }
            });
    return stored;
  }

  /** The artifacts that manifests name. */
  private Set<String> named() {
    Set<String> named = new TreeSet<>();
    for (ModelVersion version : fixture.keys().values()) {
      named.add(version.getWeights().getSha256());
      named.add(version.getState().getSha256());
    }
    return named;
  }

  /** The stored artifacts in which a user's key stands. */
  private List<String> statesNaming(String user) {
    String key = Long.toString(UserKey.of(user));
    return fixture.chunks().values().stream()
        .filter(chunk -> chunk != null && text(chunk).contains(key))
        .map(ArtifactChunk::getSha256)
        .toList();
  }

  private static String text(ArtifactChunk chunk) {
    return ISO_8859_1.decode(chunk.getData().duplicate()).toString();
  }

  /** Sends a bucket of the next user and waits until a checkpoint has it. */
  private void learnOneBucket() {
    fixture.send(List.of(Buckets.of(LAW, sent, EVENTS)));
    sent++;
    await()
        .atMost(Duration.ofSeconds(60))
        .pollInterval(Duration.ofMillis(20))
        .until(() -> fixture.comparisons() == sent * EVENTS);
  }
}
