package dev.attune.cli.demo;

/** What a chat product gets wrong now and then; ingest must survive and account for each. */
enum Mischief {
  NONE,
  /** A record that is not Avro. */
  BAD_BYTES,
  /** The same event sent once more, as a producer's retry does. */
  RETRY,
  /** A choice of a reply that was not shown. */
  UNKNOWN_CANDIDATE;

  /** One in so many events is followed by mischief. */
  static final int EVERY = 25;

  /** The mischief that follows an event: a function of its number, the kinds in turn. */
  static Mischief after(long number) {
    if (number % EVERY != EVERY / 2) {
      return NONE;
    }
    return values()[1 + (int) (number / EVERY % (values().length - 1))];
  }
}
