package dev.attune.ingest.event;

import dev.attune.schemas.Domains;
import dev.attune.schemas.events.Candidate;
import dev.attune.schemas.events.Edit;
import dev.attune.schemas.events.PreferenceEvent;
import dev.attune.schemas.events.Turn;
import java.time.Instant;
import org.apache.kafka.common.utils.Utils;
import org.jspecify.annotations.Nullable;

/** From a decoded event to what it says: checked, redacted, its signal read. Pure. */
final class EventReader {
  /** So that its buckets fit their topics' limit of 2 MiB, with ids and features. */
  private static final long MAX_TEXT_BYTES = 3L << 19;

  private final EventValidator validator;
  private final Redaction redaction;
  private final SignalReader signals;

  EventReader(EventConfig config) {
    this.validator = new EventValidator(config.limits(), config.domains());
    this.redaction = new Redaction(config.redactor());
    this.signals = new SignalReader(config.signals());
  }

  /**
   * Reads an event, whose texts are redacted in place.
   *
   * @param key the record's key; null: it has none or is not UTF-8
   * @throws RejectedEventException if it cannot be used
   */
  UserEvent read(PreferenceEvent event, @Nullable String key, SourceRecord source) {
    validator.check(event, key, Instant.ofEpochMilli(source.appendedAt()));
    // Of a withdrawal nothing else has been checked, so nothing else may go on.
    boolean withdrawn = event.getWithdrawn();
    if (!withdrawn) {
      redact(event);
    }
    return new UserEvent(
        source,
        event.getUserId(),
        Domains.orGeneral(event.getDomain()),
        event.getEventId(),
        event.getRevision(),
        withdrawn ? null : signals.read(event, source.offset()),
        withdrawn ? null : event.getUserText(),
        withdrawn || isEmpty(event.getRequestId()) ? null : event.getRequestId(),
        !withdrawn && SignalReader.sideBySide(event.getSignal()));
  }

  private void redact(PreferenceEvent event) {
    if (redaction.apply(event)) {
      try {
        validator.texts(event);
      } catch (RejectedEventException e) {
        throw Redaction.failed("after redaction: " + e.getMessage());
      }
    }
    requireWritable(event);
  }

  /**
   * Bytes that were not UTF-8 and what a redactor puts in can make an event larger than it came.
   */
  private static void requireWritable(PreferenceEvent event) {
    long bytes = event.getUserText() == null ? 0 : Utils.utf8Length(event.getUserText());
    for (Turn turn : event.getPrompt()) {
      bytes += Utils.utf8Length(turn.getText());
    }
    for (Candidate candidate : event.getCandidates()) {
      bytes += Utils.utf8Length(candidate.getText());
    }
    if (event.getSignal() instanceof Edit edit) {
      bytes += Utils.utf8Length(edit.getCorrectedText());
    }
    if (bytes > MAX_TEXT_BYTES) {
      throw new RejectedEventException(
          RejectionReason.EVENT_TOO_LARGE,
          "its texts have " + bytes + " bytes in UTF-8, at most " + MAX_TEXT_BYTES);
    }
  }

  private static boolean isEmpty(@Nullable String text) {
    return text == null || text.isEmpty();
  }
}
