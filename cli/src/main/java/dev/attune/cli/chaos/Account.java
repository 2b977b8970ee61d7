package dev.attune.cli.chaos;

/** What has become of what was sent, as far as is known. Thread-safe. */
interface Account {
  /** Records that the brokers have acknowledged. */
  long acknowledged();

  /** How many of them the service has committed something of. */
  long covered();

  /** Whether nothing is missing; something may be too much. */
  boolean complete();
}
