package dev.attune.ingest.admission;

/**
 * What is remembered of a user's events that passed, to tell whether the next is to be held back.
 * Of bounded size. Immutable.
 */
record UserActivity(TokenBucket rate, RepeatedTexts texts, PositionRun run) {

  static UserActivity first(int burst, long at) {
    return new UserActivity(TokenBucket.full(burst, at), RepeatedTexts.none(), PositionRun.NONE);
  }
}
