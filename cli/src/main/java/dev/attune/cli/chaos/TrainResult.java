package dev.attune.cli.chaos;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;
import java.util.Map;

/**
 * What a run of {@code attune chaos train} showed; its JSON is a contract.
 *
 * @param ok whether everything that was to be done was done, and kills have changed nothing
 * @param base sha-256 of the base
 * @param killed processes that were killed
 * @param killedAtWork those of them that were killed while there was something to be learned
 * @param kills those of them after which nothing was missing any more
 * @param endedByThemselves processes that ended without being killed and were started again
 * @param undisturbedSeconds of the run without kills
 * @param disturbedSeconds of the run with kills
 */
record TrainResult(
    boolean ok,
    long seed,
    String base,
    TrainTally tally,
    int killed,
    @JsonProperty("killed_at_work") int killedAtWork,
    List<KillRecord> kills,
    @JsonProperty("ended_by_themselves") int endedByThemselves,
    @JsonProperty("undisturbed_seconds") double undisturbedSeconds,
    @JsonProperty("disturbed_seconds") double disturbedSeconds,
    double seconds) {

  /** By kind of process: how many were killed, and how long until nothing was missing. */
  @JsonProperty("recovery_seconds")
  Map<String, Recovery> recoveries() {
    return Recovery.byKind(kills);
  }
}
