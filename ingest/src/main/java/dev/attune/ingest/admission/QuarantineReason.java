package dev.attune.ingest.admission;

/** Why an event is held back. The names are public: they stand in the quarantined topic. */
public enum QuarantineReason {
  /** The user sent more events than {@code ingest.rate.*} allows. */
  RATE_LIMITED,
  /** The user sent the same prompt and replies too often under different event ids. */
  REPEATED_TEXT,
  /** The user preferred the candidate at one position too many times in a row. */
  SAME_POSITION
}
