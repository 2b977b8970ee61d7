package dev.attune.ingest.event;

/** Why an event cannot be used. The names are public: they stand in the rejected topic. */
public enum RejectionReason {
  /** The value does not begin as the registry's wire format does, or there is none. */
  NOT_AVRO,
  /** The bytes do not fit the schema that they name. */
  MALFORMED_AVRO,
  /** The registry does not know the schema's id. */
  UNKNOWN_SCHEMA_ID,
  /** The schema is of another record than PreferenceEvent, or cannot be used. */
  WRONG_SCHEMA,
  /** The record is larger than {@code ingest.max-event-bytes}. */
  EVENT_TOO_LARGE,
  EMPTY_USER_ID,
  EMPTY_EVENT_ID,
  /** An id or a domain is longer than {@code ingest.max-id-length}. */
  ID_TOO_LONG,
  /** An id that nobody can see or tell from another: control or formatting characters, blanks. */
  INVALID_ID,
  /** A text or id has half of a surrogate pair or a NUL, or an id bytes that are not UTF-8. */
  INVALID_UNICODE,
  /** The record's key is not the user id. */
  KEY_MISMATCH,
  /** The domain is not labels of letters, digits, hyphens and underscores parted by dots. */
  INVALID_DOMAIN,
  /** The domain is none of {@code ingest.domains.allowed}. */
  DOMAIN_NOT_ALLOWED,
  /** The revision is negative, or a withdrawal's is 0. */
  INVALID_REVISION,
  /** The event's time is later than the broker's by more than {@code ingest.clock-skew}. */
  FUTURE_TIMESTAMP,
  /** The event's time lies before the year 2000: perhaps it is in seconds. */
  INVALID_TIMESTAMP,
  /** There is no turn with text in the prompt. */
  EMPTY_PROMPT,
  /** There are more turns than {@code ingest.max-turns}. */
  TOO_MANY_TURNS,
  /** A turn's role is none of {@code ingest.roles}. */
  INVALID_ROLE,
  NO_CANDIDATES,
  /** There are more candidates than {@code ingest.max-candidates}. */
  TOO_MANY_CANDIDATES,
  /** Two candidates have one id, or the signal names one twice. */
  DUPLICATE_CANDIDATE,
  /** The signal names a candidate that was not shown. */
  UNKNOWN_CANDIDATE,
  /** A text is longer than its field's limit. */
  TEXT_TOO_LONG,
  /** There are more attributes than {@code ingest.max-attributes}. */
  TOO_MANY_ATTRIBUTES,
  /** A rating is not a finite number. */
  INVALID_RATING,
  /** The event compares or judges nothing, such as a choice among one or among equal texts. */
  NOTHING_TO_LEARN,
  /** The class that {@code ingest.redactor.class} names failed, or what it made cannot be used. */
  REDACTION_FAILED,
  /** The correction of an event so old that it may have been forgotten, so both could count. */
  CORRECTION_TOO_LATE,
  /** A defect of Attune: please report it, with the original bytes where they may be shown. */
  UNPROCESSABLE
}
