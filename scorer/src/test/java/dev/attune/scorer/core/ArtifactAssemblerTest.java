package dev.attune.scorer.core;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.attune.schemas.events.Artifact;
import dev.attune.scorer.core.ModelRejectedException.Reason;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ArtifactAssemblerTest {
  /** Of {@code hello}. */
  private static final String SHA256 =
      "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";

  private static final List<ByteBuffer> CHUNKS =
      List.of(ByteBuffer.wrap("hel".getBytes(UTF_8)), ByteBuffer.wrap("lo".getBytes(UTF_8)));

  private final ArtifactAssembler assembler = new ArtifactAssembler(5);

  @Test
  void shouldPutTheChunksTogether() throws Exception {
    // When
    byte[] bytes = assembler.assemble(new Artifact(SHA256, 5L, 2), CHUNKS);

    // Then
    assertThat(bytes).isEqualTo("hello".getBytes(UTF_8));
  }

  @Test
  void shouldRefuseOtherBytes() {
    // Given
    Artifact artifact = new Artifact("0".repeat(64), 5L, 2);

    // When
    ModelRejectedException rejection =
        catchThrowableOfType(
            ModelRejectedException.class, () -> assembler.assemble(artifact, CHUNKS));

    // Then
    assertThat(rejection.reason()).isEqualTo(Reason.SHA256);
  }

  @Test
  void shouldRefuseAnotherSize() {
    // Given
    Artifact artifact = new Artifact(SHA256, 4L, 2);

    // When
    ModelRejectedException rejection =
        catchThrowableOfType(
            ModelRejectedException.class, () -> assembler.assemble(artifact, CHUNKS));

    // Then
    assertThat(rejection.reason()).isEqualTo(Reason.CHUNKS);
  }

  @Test
  void shouldRefuseWhatIsTooLargeBeforeItIsRead() {
    // Given
    Artifact artifact = new Artifact(SHA256, 6L, 2);

    // When
    ModelRejectedException rejection =
        catchThrowableOfType(ModelRejectedException.class, () -> assembler.checkSize(artifact));

    // Then
    assertThat(rejection).hasMessageContaining("allowed are 1 to 5 bytes");
  }

  @Test
  void shouldIndexTheLastPlaceOfEachChunk() {
    // Given
    ArtifactIndex index = new ArtifactIndex();
    Artifact artifact = new Artifact(SHA256, 5L, 2);
    index.put(SHA256 + "/0", 0, 10);
    index.put(SHA256 + "/1", 0, 11);
    index.put(SHA256 + "/0", 0, 20);

    // When
    Optional<List<ArtifactIndex.Place>> places = index.places(artifact);

    // Then
    assertThat(places)
        .contains(List.of(new ArtifactIndex.Place(0, 20), new ArtifactIndex.Place(0, 11)));
    index.remove(SHA256 + "/1");
    assertThat(index.places(artifact)).isEmpty();
  }
}
