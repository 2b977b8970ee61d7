package dev.attune.scorer.core;

/** Too many requests wait, or the scorer is not ready: the caller is to try again later. */
public final class QueueFullException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public QueueFullException(String message) {
    super(message);
  }
}
