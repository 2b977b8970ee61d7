package dev.attune.trainer.core;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.schemas.events.Artifact;
import dev.attune.schemas.events.ModelVersion;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class VersionHistoryTest {
  private static final Instant LATER = Instant.ofEpochSecond(1_000);

  @Test
  void shouldGiveUpVersionsThatWereReplacedOftenEnough() {
    // Given
    VersionHistory history = history(Duration.ZERO);
    for (int version = 1; version <= 5; version++) {
      publish(history, "general", version);
    }

    // When
    VersionHistory.Obsolete obsolete = history.obsolete("general", LATER, 10);

    // Then
    assertThat(obsolete.versions()).extracting(ModelVersion::getVersion).containsExactly(1L, 2L);
    assertThat(obsolete.artifacts())
        .containsExactlyInAnyOrder(artifact("w1"), artifact("s1"), artifact("w2"), artifact("s2"));
  }

  @Test
  void shouldGiveUpTheStatesOfReplacedCheckpointsButNotOfPublishedVersions() {
    // Given
    VersionHistory history = history(Duration.ZERO);
    publish(history, "general", 1);
    history.add("general", Versions.with("general", 1, "w1", "s1 later"));
    history.add("general", Versions.with("general", 1, "w1", "s1 last"));

    // When
    VersionHistory.Obsolete obsolete = history.obsolete("general", LATER, 10);

    // Then
    assertThat(obsolete.versions()).isEmpty();
    assertThat(obsolete.artifacts()).containsExactly(artifact("s1 later"));
  }

  @Test
  void shouldPassTheStatesThatNoManifestNames() {
    // Given
    VersionHistory history = history(Duration.ofDays(1));
    publish(history, "general", 1);
    history.add("general", Versions.with("general", 1, "w1", "s1 later"));
    history.add("general", Versions.with("general", 1, "w1", "s1 last"));

    // When
    List<Artifact> passed = history.passedStates("general", false);

    // Then
    assertThat(passed).containsExactly(artifact("s1 later"));
    assertThat(history.passedStates("general", true))
        .containsExactly(artifact("s1 later"), artifact("s1 last"));
    assertThat(history.obsolete("general", LATER, 10).artifacts()).isEmpty();
  }

  @Test
  void shouldKeepWhatAnotherModelNames() {
    // Given
    VersionHistory history = history(Duration.ZERO);
    history.add("domain/law", Versions.with("domain/law", 0, "w1", "law"));
    for (int version = 1; version <= 4; version++) {
      publish(history, "general", version);
    }

    // When
    VersionHistory.Obsolete obsolete = history.obsolete("general", LATER, 10);

    // Then
    assertThat(obsolete.artifacts()).containsExactly(artifact("s1"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"pin/general", "rollback/general"})
  void shouldKeepWhatAnOperatorNames(String key) {
    // Given
    VersionHistory history = history(Duration.ZERO);
    for (int version = 1; version <= 5; version++) {
      publish(history, "general", version);
    }
    history.add(key, Versions.with("general", 1, "w1", "s1"));

    // When
    VersionHistory.Obsolete obsolete = history.obsolete("general", LATER, 10);

    // Then
    assertThat(obsolete.versions()).extracting(ModelVersion::getVersion).containsExactly(1L, 2L);
    assertThat(obsolete.artifacts()).containsExactlyInAnyOrder(artifact("w2"), artifact("s2"));
  }

  @Test
  void shouldGiveUpWhatAnOperatorNoLongerNames() {
    // Given
    VersionHistory history = history(Duration.ZERO);
    publish(history, "general", 7);
    history.add("pin/general", Versions.with("general", 1, "w1", "s1"));
    history.remove("pin/general", Instant.ofEpochSecond(10));

    // When
    VersionHistory.Obsolete obsolete = history.obsolete("general", LATER, 10);

    // Then
    assertThat(obsolete.artifacts()).containsExactlyInAnyOrder(artifact("w1"), artifact("s1"));
    assertThat(history.pin("general")).isEmpty();
  }

  @Test
  void shouldWaitForSlowReaders() {
    // Given
    VersionHistory history = history(Duration.ofSeconds(60));
    for (int version = 1; version <= 5; version++) {
      publish(history, "general", version);
    }

    // When
    VersionHistory.Obsolete obsolete = history.obsolete("general", Instant.ofEpochSecond(64), 10);

    // Then
    assertThat(obsolete.artifacts()).containsExactlyInAnyOrder(artifact("w1"), artifact("s1"));
  }

  @Test
  void shouldGiveUpEachVersionOnce() {
    // Given
    VersionHistory history = history(Duration.ZERO);
    for (int version = 1; version <= 5; version++) {
      publish(history, "general", version);
    }

    // When
    history.forget(history.obsolete("general", LATER, 1));

    // Then
    assertThat(history.obsolete("general", LATER, 10).artifacts())
        .containsExactlyInAnyOrder(artifact("w2"), artifact("s2"));
    assertThat(history.published("general", 1)).isEmpty();
    assertThat(history.current("general").orElseThrow().getVersion()).isEqualTo(5);
  }

  @Test
  void shouldKnowTheHighestVersionAfterAReturnToAnEarlierOne() {
    // Given
    VersionHistory history = history(Duration.ZERO);
    for (int version = 1; version <= 5; version++) {
      publish(history, "general", version);
    }

    // When
    history.add("general", Versions.with("general", 4, "w4", "s6"));

    // Then
    assertThat(history.highestVersion("general")).isEqualTo(5);
  }

  private static void publish(VersionHistory history, String name, int version) {
    ModelVersion manifest = Versions.with(name, version, "w" + version, "s" + version);
    history.add(name, manifest);
    history.add("history/" + name + "/" + version, manifest);
  }

  private static VersionHistory history(Duration grace) {
    return new VersionHistory(3, grace);
  }

  private static Artifact artifact(String content) {
    return Chunks.describe(content.getBytes(UTF_8));
  }
}
