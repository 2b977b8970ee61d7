package dev.attune.cli.chaos;

import com.fasterxml.jackson.annotation.JsonProperty;

/**
 * What became of the records sent, by the specification of ingest and the order in the log, not by
 * what ingest says of itself.
 *
 * @param acknowledged by the brokers
 * @param inLog found in attune.preferences
 * @param acknowledgedLost acknowledged and not found: the brokers' fault, must be 0
 * @param logTwice found more than once: the producer's or the brokers' fault, must be 0
 * @param rejected that must be found in the rejected topic
 * @param quarantined that were found in the quarantined topic
 * @param rejectedMissing not found in the rejected topic, must be 0
 * @param rejectedWrong found there more than once, or without reason, must be 0
 */
record EventCounts(
    long sent,
    long acknowledged,
    @JsonProperty("in_log") long inLog,
    @JsonProperty("acknowledged_lost") long acknowledgedLost,
    @JsonProperty("log_twice") long logTwice,
    long accepted,
    long corrected,
    long withdrawn,
    long duplicate,
    long quarantined,
    long rejected,
    @JsonProperty("rejected_missing") long rejectedMissing,
    @JsonProperty("rejected_wrong") long rejectedWrong) {

  boolean right() {
    return complete() && logTwice + rejectedWrong == 0;
  }

  boolean complete() {
    return sent == acknowledged && acknowledgedLost + rejectedMissing == 0;
  }
}
