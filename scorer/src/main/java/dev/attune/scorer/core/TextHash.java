package dev.attune.scorer.core;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.attune.schemas.events.Candidate;
import dev.attune.schemas.events.ScoreRequest;
import dev.attune.schemas.events.Turn;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * Stands for a prompt and a reply in a cache, so that no text is kept: the first 128 bits of the
 * SHA-256 of both, each part with its length. Immutable.
 */
public record TextHash(long high, long low) {
  /** For each candidate of a request, in their order. */
  public static TextHash[] of(ScoreRequest request) {
    MessageDigest prompt = sha256();
    prompt.update(ByteBuffer.allocate(Integer.BYTES).putInt(0, request.getPrompt().size()));
    for (Turn turn : request.getPrompt()) {
      add(prompt, turn.getRole());
      add(prompt, turn.getText());
    }
    byte[] before = prompt.digest();
    return request.getCandidates().stream()
        .map(candidate -> of(before, candidate))
        .toArray(TextHash[]::new);
  }

  private static TextHash of(byte[] prompt, Candidate candidate) {
    MessageDigest both = sha256();
    both.update(prompt);
    add(both, candidate.getText());
    ByteBuffer digest = ByteBuffer.wrap(both.digest());
    return new TextHash(digest.getLong(), digest.getLong());
  }

  private static void add(MessageDigest digest, String text) {
    byte[] bytes = text.getBytes(UTF_8);
    digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(0, bytes.length));
    digest.update(bytes);
  }

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
