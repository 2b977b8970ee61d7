package dev.attune.cli.chaos;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a run of {@code attune chaos ingest} showed; its JSON is a contract.
 *
 * @param ok whether everything that was to be done was done and every count is right
 * @param problem why the run ended early; null: it did not
 * @param killed processes that were killed
 * @param kills those of them after which nothing was missing any more
 * @param endedByThemselves processes that ended without being killed and were started again
 * @param longestPauseSeconds between two by-user buckets, as a reader of committed records saw it
 */
record ChaosResult(
    boolean ok,
    @Nullable String problem,
    long seed,
    Tally tally,
    int killed,
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
