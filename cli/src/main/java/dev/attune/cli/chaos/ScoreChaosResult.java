package dev.attune.cli.chaos;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a run of {@code attune chaos score} showed; its JSON is a contract.
 *
 * @param ok whether everything that was to be done was done and every count is right
 * @param problem why the run ended early; null: it did not
 * @param base sha-256 of the base
 * @param aborted answers of transactions that were cut off: written, and never to be seen
 * @param renewals models and users' states that were published
 * @param killed processes that were killed
 * @param left scorers that left in good order and came back
 * @param kills those of the killed after which nothing was missing any more
 * @param endedByThemselves processes that ended without being killed and were started again
 * @param longestPauseSeconds between two answers, as a reader of committed records saw it
 */
record ScoreChaosResult(
    boolean ok,
    @Nullable String problem,
    long seed,
    String base,
    RequestTally tally,
    long aborted,
    long renewals,
    int killed,
    int left,
    List<KillRecord> kills,
    @JsonProperty("ended_by_themselves") int endedByThemselves,
    @JsonProperty("longest_pause_seconds") double longestPauseSeconds,
    double seconds) {

  /** By kind of process: how many were killed, and how long until nothing was missing. */
  @JsonProperty("recovery_seconds")
  Map<String, Recovery> recoveries() {
    return Recovery.byKind(kills);
  }
}
