package dev.attune.ingest.admission;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.attune.ingest.event.UserEvent;
import dev.attune.schemas.events.Feedback;
import dev.attune.schemas.events.Reply;
import dev.attune.schemas.events.Turn;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * The first 64 bits of SHA-256 over an event's domain, prompt and replies, each with its length, so
 * that no two lists of texts read the same. Replies in any order give the same hash: showing them
 * in another order is no new text. Not thread-safe.
 */
final class TextHash {
  private final MessageDigest digest;

  TextHash() {
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  long of(UserEvent event, Feedback feedback) {
    digest.reset();
    add(event.domain());
    for (Turn turn : feedback.getPrompt()) {
      add(turn.getRole());
      add(turn.getText());
    }
    feedback.getReplies().stream().map(Reply::getText).sorted().forEach(this::add);
    return ByteBuffer.wrap(digest.digest()).getLong();
  }

  private void add(String text) {
    byte[] bytes = text.getBytes(UTF_8);
    digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(bytes.length).array());
    digest.update(bytes);
  }
}
