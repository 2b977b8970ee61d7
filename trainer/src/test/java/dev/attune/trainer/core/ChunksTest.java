package dev.attune.trainer.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.attune.schemas.events.Artifact;
import dev.attune.schemas.events.ArtifactChunk;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ChunksTest {
  @ParameterizedTest
  @ValueSource(ints = {0, 1, Chunks.SIZE - 1, Chunks.SIZE, Chunks.SIZE + 1, 3 * Chunks.SIZE + 5})
  void shouldPutTogetherWhatWasCutInAnyOrder(int size) {
    // Given
    byte[] bytes = bytes(size);
    Artifact artifact = Chunks.describe(bytes);
    List<ArtifactChunk> chunks = new ArrayList<>(Chunks.split(artifact, bytes));
    Collections.reverse(chunks);
    Chunks.Assembly assembly = new Chunks.Assembly(artifact);

    // When
    chunks.forEach(assembly::offer);

    // Then
    assertThat(assembly.bytes()).isEqualTo(bytes);
  }

  @Test
  void shouldRefuseOtherBytes() {
    // Given
    byte[] bytes = bytes(100);
    Artifact artifact = Chunks.describe(bytes);
    Chunks.Assembly assembly = new Chunks.Assembly(artifact);
    bytes[50]++;
    assembly.offer(new ArtifactChunk(artifact.getSha256(), 0, 1, ByteBuffer.wrap(bytes)));

    // When
    assertThatThrownBy(assembly::bytes)
        // Then
        .isInstanceOf(TrainerException.class)
        .hasMessageContaining(artifact.getSha256())
        .hasMessageContaining("other bytes");
  }

  @Test
  void shouldSayWhatIsMissing() {
    // Given
    byte[] bytes = bytes(Chunks.SIZE + 1);
    Artifact artifact = Chunks.describe(bytes);
    Chunks.Assembly assembly = new Chunks.Assembly(artifact);
    assembly.offer(Chunks.split(artifact, bytes).get(1));

    // When
    assertThatThrownBy(assembly::bytes)
        // Then
        .isInstanceOf(TrainerException.class)
        .hasMessageContaining("lacks 1 of 2 chunks");
  }

  private static byte[] bytes(int size) {
    byte[] bytes = new byte[size];
    new Random(size).nextBytes(bytes);
    return bytes;
  }
}
