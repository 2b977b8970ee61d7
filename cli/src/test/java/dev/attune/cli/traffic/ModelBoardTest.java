package dev.attune.cli.traffic;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.schemas.events.Artifact;
import dev.attune.schemas.events.ModelVersion;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class ModelBoardTest {
  private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

  private final ModelBoard board = new ModelBoard(START);

  @Test
  void shouldCountWhatWasLearnedSinceTheStart() {
    // Given
    board.published(manifest("general", 3, 100, START.minusSeconds(1)));
    board.published(manifest("general", 4, 130, START.plusSeconds(1)));
    board.published(manifest("domain/a", 1, 8, START.plusSeconds(1)));
    board.published(manifest("domain/a", 2, 16, START.plusSeconds(2)));
    // When
    long learned = board.comparisonsLearned();
    // Then
    assertThat(learned).isEqualTo(30 + 16);
    assertThat(board.newest()).extracting(ModelVersion::getVersion).containsExactly(2L, 4L);
  }

  private static ModelVersion manifest(String name, long version, long comparisons, Instant at) {
    Artifact artifact = new Artifact("00", 1L, 1);
    return ModelVersion.newBuilder()
        .setName(name)
        .setVersion(version)
        .setWeights(artifact)
        .setState(artifact)
        .setBase("00")
        .setPrecision("fp32")
        .setCodeVersion("test")
        .setConfigHash("00")
        .setPositions(List.of())
        .setComparisons(comparisons)
        .setEvents(comparisons)
        .setSteps(1)
        .setPublishedAt(at)
        .build();
  }
}
