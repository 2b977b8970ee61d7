package dev.attune.cli.quarantine;

import dev.attune.schemas.events.Position;
import java.time.Instant;
import org.apache.kafka.common.header.Headers;

/**
 * An event that was held back, without its text.
 *
 * @param userId the record's key
 * @param receivedAt the broker's time of the original record
 * @param released whether it stands on attune.preferences.released already
 * @param key of the record in attune.preferences.quarantined, as are value and headers: the bytes
 *     that a release sends on as they are
 */
record QuarantinedEvent(
    Position source,
    String userId,
    String reason,
    String message,
    Instant receivedAt,
    boolean released,
    byte[] key,
    byte[] value,
    Headers headers) {

  /** The original's place, as {@code --position} takes it. */
  String position() {
    return source.getTopic() + "-" + source.getPartition() + "-" + source.getOffset();
  }
}
