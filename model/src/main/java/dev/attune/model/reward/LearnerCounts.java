package dev.attune.model.reward;

import java.util.List;

/**
 * What a learner has done since it was made, restores included.
 *
 * @param events events learned from, each counted once
 * @param comparisons comparisons learned from, each counted once
 * @param judgements judgements of single replies learned from, each counted once
 * @param pendingEvents events that wait for their batch to fill
 * @param pendingComparisons comparisons in those
 * @param pendingJudgements judgements in those
 * @param replayed remembered events that were learned from again
 * @param steps optimiser steps
 */
public record LearnerCounts(
    long events,
    long comparisons,
    long judgements,
    long pendingEvents,
    long pendingComparisons,
    long pendingJudgements,
    long replayed,
    long steps) {

  /** Nothing done yet. */
  static final LearnerCounts NONE = new LearnerCounts(0, 0, 0, 0, 0, 0, 0, 0);

  /** The counts with these events waiting. */
  static LearnerCounts of(
      long events,
      long comparisons,
      long judgements,
      List<EncodedExample> pending,
      long replayed,
      long steps) {
    return new LearnerCounts(
        events,
        comparisons,
        judgements,
        pending.size(),
        pending.stream().mapToLong(example -> example.pairs().size()).sum(),
        pending.stream().mapToLong(example -> example.judgements().size()).sum(),
        replayed,
        steps);
  }
}
