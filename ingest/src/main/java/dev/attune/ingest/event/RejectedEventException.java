package dev.attune.ingest.event;

/** An event cannot be used. Has no stack trace: it is an answer, not a defect. */
public final class RejectedEventException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final RejectionReason reason;

  /**
   * An answer to the producer.
   *
   * @param message what is wrong and what is allowed; never the user's text
   */
  RejectedEventException(RejectionReason reason, String message) {
    super(message, null, false, false);
    this.reason = reason;
  }

  RejectionReason reason() {
    return reason;
  }
}
