package dev.attune.cli.chaos;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;

/**
 * What the audit of {@code attune chaos train} found.
 *
 * @param buckets in both bucket topics
 * @param retractions in both bucket topics
 * @param erasures records that say that a user has been erased
 * @param bucketsDifferent records of the bucket topics that are not the same in both runs
 * @param models the models that there are, or should be
 * @param versionsDifferent versions that both runs published, with different weights
 * @param republished versions that one run published twice, with different weights
 */
record TrainTally(
    long buckets,
    long retractions,
    long erasures,
    @JsonProperty("buckets_different") long bucketsDifferent,
    List<ModelRow> models,
    @JsonProperty("versions_different") long versionsDifferent,
    long republished,
    Users users) {

  /**
   * A model.
   *
   * @param weights sha-256 after the run with kills; empty: there is none
   * @param comparisons in the buckets, that the model should have taken up
   * @param undisturbed that it took up in the undisturbed run
   * @param disturbed that it took up in the run with kills
   * @param different fields of the manifest that differ between the runs
   * @param counted whether comparisons and judgements are in both runs what they should be
   */
  record ModelRow(
      String name,
      long version,
      String weights,
      String state,
      long comparisons,
      long undisturbed,
      long disturbed,
      List<String> different,
      boolean counted) {
    boolean right() {
      return counted && different.isEmpty();
    }
  }

  /**
   * The states of users.
   *
   * @param states after the run with kills
   * @param rowEvents that the rows of these states have learned from
   * @param comparisons in the buckets less what was taken back or erased
   * @param different states that are not the same in both runs, to the bit
   * @param fields in which they differ
   * @param miscounted users whose events, comparisons or judgements are not what they should be
   */
  record Users(
      long states,
      @JsonProperty("row_events") long rowEvents,
      long comparisons,
      long undisturbed,
      long disturbed,
      long different,
      List<String> fields,
      long miscounted) {
    boolean right() {
      return different + miscounted == 0;
    }
  }

  /** Whether kills have changed nothing, and all was learned once. */
  boolean right() {
    return buckets > 0
        && bucketsDifferent + versionsDifferent + republished == 0
        && !models.isEmpty()
        && models.stream().allMatch(ModelRow::right)
        && users.right();
  }
}
