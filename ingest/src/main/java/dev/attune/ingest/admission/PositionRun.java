package dev.attune.ingest.admission;

/**
 * How many choices in a row preferred the candidate at the same position. Immutable.
 *
 * @param position from 0, in the order shown; of no meaning where the length is 0
 * @param length 0: there was no choice yet
 */
record PositionRun(int position, int length) {
  static final PositionRun NONE = new PositionRun(0, 0);

  PositionRun with(int preferred) {
    return new PositionRun(preferred, position == preferred ? length + 1 : 1);
  }
}
