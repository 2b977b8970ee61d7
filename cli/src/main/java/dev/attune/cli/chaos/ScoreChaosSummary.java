package dev.attune.cli.chaos;

import dev.attune.cli.console.Console;

/** Prints what a run of {@code attune chaos score} showed. */
final class ScoreChaosSummary {
  private ScoreChaosSummary() {}

  static void print(ScoreChaosResult result, Console console) {
    RequestTally tally = result.tally();
    console.printf(
        "requests    sent %d, acknowledged %d, in the log %d; acknowledged and lost %d, in the log"
            + " twice %d",
        tally.sent(),
        tally.acknowledged(),
        tally.inLog(),
        tally.acknowledgedLost(),
        tally.logTwice());
    console.printf(
        "answers     %d; by place lost %d, twice %d; by request id lost %d, twice %d; to what was"
            + " never asked %d",
        tally.answers(),
        tally.lost(),
        tally.twice(),
        tally.idsLost(),
        tally.idsTwice(),
        tally.strangers());
    console.printf(
        "aborted     %d answers, which no reader of committed records sees", result.aborted());
    console.print("wrong       " + (tally.wrong().isEmpty() ? "0" : tally.wrong()));
    tally
        .codes()
        .forEach(
            (code, counts) ->
                console.printf(
                    "%-16s must be %7d, are %7d", code, counts.expected(), counts.found()));
    console.printf(
        "after       %d requests; answered too early %d, after the whole wait %d",
        tally.after().requests(), tally.after().stale(), tally.after().waitedInVain());
    console.printf(
        "repeats     %d with equal versions, different %d, by %.1e at most",
        tally.repeats().compared(),
        tally.repeats().different(),
        tally.repeats().largestDifference());
    console.print(
        "versions    " + tally.versions() + ", published with states " + result.renewals());
    result
        .recoveries()
        .forEach(
            (kind, recovery) ->
                console.printf(
                    "%-11s %d killed; whole again after %.1f s (median), %.1f s (longest)",
                    kind, recovery.kills(), recovery.median(), recovery.max()));
    console.printf(
        "kills %d, leaves %d, processes that ended by themselves %d, longest pause of answers %.1f"
            + " s, %.0f s in all",
        result.killed(),
        result.left(),
        result.endedByThemselves(),
        result.longestPauseSeconds(),
        result.seconds());
    console.print(verdict(result));
  }

  private static String verdict(ScoreChaosResult result) {
    if (!result.ok()) {
      return "NOT RIGHT";
    }
    return result.tally().twice() == 0
        ? "every request has its one answer"
        : "every request has its answer, and some have it twice";
  }
}
