package dev.attune.cli.users;

/** Where something of a user may be. One thread. */
interface Place extends AutoCloseable {
  /** Looks at what is there now. */
  Finding look();

  @Override
  void close();
}
