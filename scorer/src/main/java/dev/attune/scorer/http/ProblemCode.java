package dev.attune.scorer.http;

import dev.attune.schemas.events.ScoreErrorCode;

/**
 * The stable codes of the door's problems, each with its HTTP status. Those of {@link
 * ScoreErrorCode} are here under their own names.
 */
enum ProblemCode {
  /** The bytes are no HTTP request, or one that HTTP itself refuses. */
  BAD_REQUEST(400),
  /** The body is no JSON object in UTF-8, or beyond the limits of its form. */
  BAD_JSON(400),
  /** A field is unknown, missing or of another type. */
  BAD_FIELD(400),
  /** {@code after} names another topic. */
  MALFORMED(400),
  UNAUTHENTICATED(401),
  NOT_FOUND(404),
  METHOD_NOT_ALLOWED(405),
  /** The body did not arrive in time. */
  BODY_TIMEOUT(408),
  UNKNOWN_BASE(409),
  BODY_TOO_LARGE(413),
  UNSUPPORTED_MEDIA_TYPE(415),
  EMPTY_USER_ID(422),
  EMPTY_EVENT_ID(422),
  NO_CANDIDATES(422),
  DUPLICATE_CANDIDATE(422),
  TOO_LONG(422),
  INTERNAL(500),
  /** Too much is under way, nothing is served yet, or the cluster takes no events now. */
  OVERLOADED(503),
  /** The door is being closed. */
  STOPPING(503),
  DEADLINE_PASSED(504);

  private final int status;

  ProblemCode(int status) {
    this.status = status;
  }

  int status() {
    return status;
  }

  /** Of any but {@link ScoreErrorCode#NONE}. */
  static ProblemCode of(ScoreErrorCode code) {
    return switch (code) {
      case EMPTY_USER_ID -> EMPTY_USER_ID;
      case NO_CANDIDATES -> NO_CANDIDATES;
      case DUPLICATE_CANDIDATE -> DUPLICATE_CANDIDATE;
      case TOO_LONG -> TOO_LONG;
      case UNKNOWN_BASE -> UNKNOWN_BASE;
      case DEADLINE_PASSED -> DEADLINE_PASSED;
      case MALFORMED -> MALFORMED;
      case INTERNAL -> INTERNAL;
      case NONE -> throw new IllegalArgumentException("not an error: " + code);
    };
  }
}
