package dev.attune.trainer.core;

import dev.attune.schemas.events.Artifact;
import dev.attune.schemas.events.ArtifactChunk;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/** Cuts artifacts into chunks that fit into a record and puts them together again. */
public final class Chunks {
  /** Bytes in a chunk but the last: below the record limit of brokers and managed services. */
  public static final int SIZE = 512 * 1024;

  private Chunks() {}

  /** What a manifest says of the bytes. */
  public static Artifact describe(byte[] bytes) {
    return Artifact.newBuilder()
        .setSha256(sha256(bytes))
        .setSize(bytes.length)
        .setChunks(Math.max(1, (bytes.length + SIZE - 1) / SIZE))
        .build();
  }

  /** The record key of a chunk. */
  public static String key(String sha256, int index) {
    return sha256 + "/" + index;
  }

  /** The chunks share the given array. */
  public static List<ArtifactChunk> split(Artifact artifact, byte[] bytes) {
    List<ArtifactChunk> chunks = new ArrayList<>(artifact.getChunks());
    for (int index = 0; index < artifact.getChunks(); index++) {
      int from = index * SIZE;
      int length = Math.min(SIZE, bytes.length - from);
      chunks.add(
          ArtifactChunk.newBuilder()
              .setSha256(artifact.getSha256())
              .setIndex(index)
              .setCount(artifact.getChunks())
              .setData(ByteBuffer.wrap(bytes, from, length).slice())
              .build());
    }
    return chunks;
  }

  /** Sha-256 in hexadecimal. */
  public static String sha256(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java platform has SHA-256", e);
    }
  }

  /** Gathers one artifact's chunks in any order. Not thread-safe. */
  public static final class Assembly {
    private final Artifact artifact;
    private final ByteBuffer[] parts;
    private int missing;

    public Assembly(Artifact artifact) {
      this.artifact = artifact;
      this.parts = new ByteBuffer[artifact.getChunks()];
      this.missing = parts.length;
    }

    /** Chunks of other artifacts, and those that do not fit this one, are ignored. */
    public void offer(ArtifactChunk chunk) {
      int index = chunk.getIndex();
      if (chunk.getSha256().equals(artifact.getSha256())
          && chunk.getCount() == parts.length
          && index >= 0
          && index < parts.length
          && parts[index] == null) {
        parts[index] = chunk.getData();
        missing--;
      }
    }

    public boolean complete() {
      return missing == 0;
    }

    /**
     * The artifact's bytes.
     *
     * @throws TrainerException where chunks are missing or the bytes are not those that were stored
     */
    public byte[] bytes() {
      if (!complete()) {
        throw new TrainerException(
            "artifact "
                + artifact.getSha256()
                + " lacks "
                + missing
                + " of "
                + parts.length
                + " chunks");
      }
      ByteBuffer whole = ByteBuffer.allocate(Math.toIntExact(artifact.getSize()));
      for (ByteBuffer part : parts) {
        if (part.remaining() > whole.remaining()) {
          throw new TrainerException("artifact " + artifact.getSha256() + " is too long");
        }
        whole.put(part.duplicate());
      }
      byte[] bytes = whole.array();
      if (whole.hasRemaining() || !sha256(bytes).equals(artifact.getSha256())) {
        throw new TrainerException("artifact " + artifact.getSha256() + " has other bytes");
      }
      return bytes;
    }
  }
}
