package dev.attune.ingest.admission;

import java.util.Arrays;

/**
 * Hashes of the texts of a user's latest events that passed, oldest first: at most {@link
 * #CAPACITY}. Immutable; the array is not to be changed.
 */
final class RepeatedTexts {
  /** How many events back a repeat is looked for. */
  static final int CAPACITY = 64;

  private static final RepeatedTexts NONE = new RepeatedTexts(new long[0]);

  private final long[] hashes;

  private RepeatedTexts(long[] hashes) {
    this.hashes = hashes;
  }

  static RepeatedTexts none() {
    return NONE;
  }

  static RepeatedTexts of(long... hashes) {
    return new RepeatedTexts(hashes);
  }

  int count(long hash) {
    int count = 0;
    for (long one : hashes) {
      count += one == hash ? 1 : 0;
    }
    return count;
  }

  RepeatedTexts with(long hash) {
    int kept = Math.min(hashes.length, CAPACITY - 1);
    long[] next = Arrays.copyOfRange(hashes, hashes.length - kept, hashes.length + 1);
    next[kept] = hash;
    return new RepeatedTexts(next);
  }

  long[] hashes() {
    return hashes;
  }
}
