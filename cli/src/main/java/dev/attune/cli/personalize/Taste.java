package dev.attune.cli.personalize;

/** What decides a simulated user's choices. */
interface Taste {
  /** By how much the first reply is preferred to the second; 0 where the user does not care. */
  double margin(String first, String second);

  /** The opposite taste. */
  default Taste opposed() {
    return (first, second) -> -margin(first, second);
  }
}
