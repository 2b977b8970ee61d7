package dev.attune.scorer.core;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** A published model cannot be served; the one that is served stays. */
public final class ModelRejectedException extends Exception {
  private static final long serialVersionUID = 1L;

  private final Reason reason;

  public ModelRejectedException(Reason reason, String message) {
    this(reason, message, null);
  }

  public ModelRejectedException(Reason reason, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.reason = reason;
  }

  /** What is wrong with it. */
  public Reason reason() {
    return reason;
  }

  /** What can be wrong with a published model. */
  public enum Reason {
    /** The manifest cannot be decoded. */
    MANIFEST,
    /** It belongs to another base. */
    BASE,
    /** It was trained in another precision than the base is loaded in. */
    PRECISION,
    /** Some of its chunks are not there. */
    INCOMPLETE,
    /** A chunk cannot be decoded, or the size is not the manifest's. */
    CHUNKS,
    /** The bytes do not have the manifest's sha-256. */
    SHA256,
    /** The bytes are no such model, or none that fits the base. */
    WEIGHTS;

    /** The name as a metric's tag. */
    public String tag() {
      return name().toLowerCase(Locale.ROOT);
    }
  }
}
