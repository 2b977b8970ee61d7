package dev.attune.ingest.event;

import dev.attune.ingest.event.TextRedactor.Field;
import dev.attune.schemas.events.Candidate;
import dev.attune.schemas.events.Edit;
import dev.attune.schemas.events.PreferenceEvent;
import dev.attune.schemas.events.Turn;

/** Applies a {@link TextRedactor} to an event. Thread-safe. */
final class Redaction {
  private final TextRedactor redactor;

  Redaction(TextRedactor redactor) {
    this.redactor = redactor;
  }

  /**
   * Replaces the event's texts in place.
   *
   * @return whether any of them changed
   * @throws RejectedEventException if the redactor fails
   */
  boolean apply(PreferenceEvent event) {
    boolean changed = false;
    for (Turn turn : event.getPrompt()) {
      String before = turn.getText();
      turn.setText(redacted(Field.PROMPT, before));
      changed |= !before.equals(turn.getText());
    }
    for (Candidate candidate : event.getCandidates()) {
      String before = candidate.getText();
      candidate.setText(redacted(Field.REPLY, before));
      changed |= !before.equals(candidate.getText());
    }
    if (event.getSignal() instanceof Edit edit) {
      String before = edit.getCorrectedText();
      edit.setCorrectedText(redacted(Field.CORRECTION, before));
      changed |= !before.equals(edit.getCorrectedText());
    }
    if (event.getUserText() != null) {
      String before = event.getUserText();
      event.setUserText(redacted(Field.USER_TEXT, before));
      changed |= !before.equals(event.getUserText());
    }
    return changed;
  }

  private String redacted(Field field, String text) {
    String redacted;
    try {
      redacted = redactor.redact(field, text);
    } catch (RuntimeException | StackOverflowError e) {
      // A regular expression of a user's own may recurse too deep. Its message may quote the text.
      throw failed("the redactor failed with " + e.getClass().getName());
    }
    if (redacted == null) {
      throw failed("the redactor returned null");
    }
    return redacted;
  }

  static RejectedEventException failed(String message) {
    return new RejectedEventException(RejectionReason.REDACTION_FAILED, message);
  }
}
