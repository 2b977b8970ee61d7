package dev.attune.trainer.core;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.schemas.events.Artifact;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class VersionHistoryTest {
  private static final Instant LATER = Instant.ofEpochSecond(1_000);

  @Test
  void shouldGiveUpWhatWasReplacedOftenEnough() {
    // Given
    VersionHistory history = history(Duration.ZERO);
    for (int version = 1; version <= 5; version++) {
      history.add(Versions.with("general", version, "w" + version, "s" + version));
    }

    // When
    VersionHistory.Obsolete obsolete = history.obsolete("general", LATER, 10);

    // Then
    assertThat(obsolete.artifacts())
        .containsExactlyInAnyOrder(artifact("w1"), artifact("s1"), artifact("w2"), artifact("s2"));
  }

  @Test
  void shouldKeepWhatAnotherModelNames() {
    // Given
    VersionHistory history = history(Duration.ZERO);
    history.add(Versions.with("domain/law", 1, "w1", "law"));
    for (int version = 1; version <= 4; version++) {
      history.add(Versions.with("general", version, "w" + version, "s" + version));
    }

    // When
    VersionHistory.Obsolete obsolete = history.obsolete("general", LATER, 10);

    // Then
    assertThat(obsolete.artifacts()).containsExactly(artifact("s1"));
  }

  @Test
  void shouldKeepWhatANewerVersionStillNames() {
    // Given
    VersionHistory history = history(Duration.ZERO);
    for (int version = 1; version <= 4; version++) {
      history.add(Versions.with("general", version, "same", "s" + version));
    }

    // When
    VersionHistory.Obsolete obsolete = history.obsolete("general", LATER, 10);

    // Then
    assertThat(obsolete.artifacts()).containsExactly(artifact("s1"));
  }

  @Test
  void shouldWaitForSlowReaders() {
    // Given
    VersionHistory history = history(Duration.ofSeconds(60));
    for (int version = 1; version <= 5; version++) {
      history.add(Versions.with("general", version, "w" + version, "s" + version));
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
      history.add(Versions.with("general", version, "w" + version, "s" + version));
    }

    // When
    history.forget(history.obsolete("general", LATER, 1));

    // Then
    assertThat(history.obsolete("general", LATER, 10).artifacts())
        .containsExactlyInAnyOrder(artifact("w2"), artifact("s2"));
    assertThat(history.newest("general").orElseThrow().getVersion()).isEqualTo(5);
  }

  private static VersionHistory history(Duration grace) {
    return new VersionHistory(3, grace);
  }

  private static Artifact artifact(String content) {
    return Chunks.describe(content.getBytes(UTF_8));
  }
}
