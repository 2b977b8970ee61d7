package dev.attune.trainer.policy;

/**
 * At which numbers of events an epoch is learned: after the first few, then each time that they
 * have doubled, and once this would take longer than the longest interval, at that interval. A
 * function of the number of events alone, so that the same events give the same epochs.
 *
 * @param first events of the first epoch that is learned
 * @param longest most events between two
 */
public record EpochSchedule(long first, long longest) {
  /** Checks the ranges. */
  public EpochSchedule {
    if (first < 1 || longest < 1) {
      throw new IllegalArgumentException(
          "first %d, longest %d; allowed are 1 or more".formatted(first, longest));
    }
  }

  /** The next number of events at which an epoch is due after one at {@code events}, or none: 0. */
  public long after(long events) {
    long next = first;
    while (next <= events && next < longest) {
      next *= 2;
    }
    if (next <= events) {
      // from here on at even steps
      next += (events - next) / longest * longest + longest;
    }
    return next;
  }
}
