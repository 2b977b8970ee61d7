package dev.attune.scorer.core;

import dev.attune.schemas.events.Artifact;
import dev.attune.scorer.core.ModelRejectedException.Reason;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/** Puts an artifact's chunks together and holds it against what its manifest says. */
public final class ArtifactAssembler {
  private final long maxBytes;

  /**
   * @param maxBytes artifacts above it are refused before they are read
   */
  public ArtifactAssembler(long maxBytes) {
    this.maxBytes = maxBytes;
  }

  /** Whether the manifest's figures make sense, looked at before any chunk is read. */
  public void checkSize(Artifact artifact) throws ModelRejectedException {
    if (artifact.getSize() < 1 || artifact.getSize() > maxBytes || artifact.getChunks() < 1) {
      throw new ModelRejectedException(
          Reason.CHUNKS,
          "%d bytes in %d chunks, allowed are 1 to %d bytes in at least 1 chunk"
              .formatted(artifact.getSize(), artifact.getChunks(), maxBytes));
    }
  }

  /** The artifact's bytes. */
  public byte[] assemble(Artifact artifact, List<ByteBuffer> chunks) throws ModelRejectedException {
    checkSize(artifact);
    long size = chunks.stream().mapToLong(ByteBuffer::remaining).sum();
    if (size != artifact.getSize()) {
      throw new ModelRejectedException(
          Reason.CHUNKS, "%d bytes, the manifest says %d".formatted(size, artifact.getSize()));
    }
    ByteBuffer whole = ByteBuffer.allocate((int) size);
    chunks.forEach(chunk -> whole.put(chunk.duplicate()));
    String sha256 = HexFormat.of().formatHex(sha256().digest(whole.array()));
    if (!sha256.equals(artifact.getSha256())) {
      throw new ModelRejectedException(
          Reason.SHA256,
          "sha-256 is %s, the manifest says %s".formatted(sha256, artifact.getSha256()));
    }
    return whole.array();
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
