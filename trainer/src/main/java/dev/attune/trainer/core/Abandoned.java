package dev.attune.trainer.core;

import dev.attune.model.reward.LearnerCounts;

/**
 * What a model was given once and has left behind by going back to an earlier version. A manifest's
 * counts go on over it, so that they always are of everything up to its position; less these they
 * are of what is in the present state.
 *
 * @param events events left behind
 * @param comparisons comparisons left behind
 * @param judgements judgements of single replies left behind
 */
public record Abandoned(long events, long comparisons, long judgements) {
  /** Nothing left behind. */
  public static final Abandoned NONE = new Abandoned(0, 0, 0);

  /**
   * The same after a learner was replaced by an earlier one.
   *
   * @param before counts of the learner that is given up
   * @param after counts of the learner that goes on
   */
  Abandoned plus(LearnerCounts before, LearnerCounts after) {
    return new Abandoned(
        events
            + given(before.events(), before.pendingEvents())
            - given(after.events(), after.pendingEvents()),
        comparisons
            + given(before.comparisons(), before.pendingComparisons())
            - given(after.comparisons(), after.pendingComparisons()),
        judgements
            + given(before.judgements(), before.pendingJudgements())
            - given(after.judgements(), after.pendingJudgements()));
  }

  private static long given(long learned, long pending) {
    return learned + pending;
  }
}
