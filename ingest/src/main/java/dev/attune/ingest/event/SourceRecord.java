package dev.attune.ingest.event;

import dev.attune.schemas.events.Position;
import dev.attune.schemas.events.RejectedPreference;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Map;
import org.apache.kafka.common.utils.Utils;

/**
 * A record that holds an event, as it came.
 *
 * @param position in attune.preferences; of a released record that of the original
 * @param appendedAt the broker's time, in milliseconds; of a released record that of the release
 * @param value its bytes; empty where there were none. Not to be changed
 * @param headers those that say how to read the value
 * @param released it was quarantined before, an operator let it pass, and its offset is covered
 *     already
 */
public record SourceRecord(
    Position position,
    long appendedAt,
    ByteBuffer value,
    Map<String, ByteBuffer> headers,
    boolean released) {

  /** So that a rejection fits its topic's limit of 2 MiB, with its key, message and headers. */
  public static final int MAX_ORIGINAL_BYTES = 2 * 1024 * 1024 - 64 * 1024;

  public int partition() {
    return position.getPartition();
  }

  public long offset() {
    return position.getOffset();
  }

  /** The value's bytes; a copy only where they are part of more. Not to be changed. */
  byte[] bytes() {
    boolean whole =
        value.hasArray() && value.arrayOffset() == 0 && value.array().length == value.remaining();
    return whole ? value.array() : Utils.toArray(value);
  }

  /**
   * The record as it goes to the rejected or quarantined topic.
   *
   * @param reason a stable code
   * @param message for a person; never the user's text
   */
  public RejectedPreference rejected(String reason, String message) {
    ByteBuffer original = value.duplicate();
    String said = message;
    if (original.remaining() > MAX_ORIGINAL_BYTES) {
      // Compressed, it came through a limit that it would not go through again.
      said += "; the first " + MAX_ORIGINAL_BYTES + " of its " + original.remaining() + " bytes";
      original = original.slice(original.position(), MAX_ORIGINAL_BYTES);
    }
    return RejectedPreference.newBuilder()
        .setReason(reason)
        .setMessage(said)
        .setOriginal(original)
        .setSource(position)
        .setReceivedAt(Instant.ofEpochMilli(appendedAt))
        .setHeaders(headers)
        .build();
  }
}
