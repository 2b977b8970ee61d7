package dev.attune.scorer.core;

/** An event's record is larger than the cluster takes. */
public final class EventTooLargeException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public EventTooLargeException(String message) {
    super(message);
  }
}
