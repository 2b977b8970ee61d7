package dev.attune.cli.chaos;

import com.fasterxml.jackson.annotation.JsonProperty;

/**
 * What stands in the committed buckets of one route, beside what should. All but the first three
 * must be 0.
 *
 * @param lost events that count and whose feedback is not there
 * @param twice events whose feedback is there more than once, or under a repeat of them
 * @param stale revisions that were replaced or withdrawn and count still
 * @param wrong feedback and retractions that do not say what was sent
 * @param sequenceBreaks buckets whose number does not follow the one before
 * @param uncovered offsets that no bucket names and one should
 * @param coveredTwice offsets that are named more than once
 */
record RouteCounts(
    long buckets,
    long feedback,
    long retractions,
    long lost,
    long twice,
    long stale,
    long wrong,
    @JsonProperty("sequence_breaks") long sequenceBreaks,
    long uncovered,
    @JsonProperty("covered_twice") long coveredTwice) {

  boolean right() {
    return complete() && twice + stale + wrong + sequenceBreaks + coveredTwice == 0;
  }

  boolean complete() {
    return lost + uncovered == 0;
  }
}
