package dev.attune.trainer.policy;

/**
 * What has been read, each counted once; what was taken back later stays counted.
 *
 * @param events with comparisons or judgements
 * @param comparisons ties included
 * @param judgements of single replies
 */
public record PolicyCounts(long events, long comparisons, long judgements) {
  PolicyCounts plus(long moreComparisons, long moreJudgements) {
    return new PolicyCounts(events + 1, comparisons + moreComparisons, judgements + moreJudgements);
  }
}
