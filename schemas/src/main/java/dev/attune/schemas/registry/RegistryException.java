package dev.attune.schemas.registry;

import org.jspecify.annotations.Nullable;

/**
 * A schema registry did not do what it was asked. The message names the request and the registry's
 * answer, never a record.
 */
public final class RegistryException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** What went wrong. */
  public enum Kind {
    /** No registry answered, or each answered with a server error. */
    UNAVAILABLE,
    /** The subject, version or schema does not exist. */
    NOT_FOUND,
    /** The schema is not compatible with the subject's earlier ones. */
    INCOMPATIBLE,
    /** The credentials are missing or not accepted. */
    UNAUTHORIZED,
    /** The schema is of another type, is not valid or needs rules that this client cannot apply. */
    UNUSABLE_SCHEMA,
    /** Any other refusal, or an answer that is not one of a registry. */
    REFUSED
  }

  private final Kind kind;
  private final int errorCode;

  RegistryException(Kind kind, int errorCode, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.kind = kind;
    this.errorCode = errorCode;
  }

  RegistryException(Kind kind, String message) {
    this(kind, 0, message, null);
  }

  public Kind kind() {
    return kind;
  }

  /**
   * The registry's own code, such as 40403; its HTTP status where it gave none; 0 for no answer.
   */
  public int errorCode() {
    return errorCode;
  }
}
