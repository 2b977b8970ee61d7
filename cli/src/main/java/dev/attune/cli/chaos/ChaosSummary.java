package dev.attune.cli.chaos;

import dev.attune.cli.console.Console;

/** Prints what a run showed. */
final class ChaosSummary {
  private ChaosSummary() {}

  static void print(ChaosResult result, Console console) {
    EventCounts events = result.tally().events();
    console.printf(
        "records     sent %d, acknowledged %d, in the log %d; acknowledged and lost %d, in the log"
            + " twice %d",
        events.sent(),
        events.acknowledged(),
        events.inLog(),
        events.acknowledgedLost(),
        events.logTwice());
    console.printf(
        "of these    accepted %d, corrected %d, withdrawn %d, duplicate %d, quarantined %d, rejected"
            + " %d",
        events.accepted(),
        events.corrected(),
        events.withdrawn(),
        events.duplicate(),
        events.quarantined(),
        events.rejected());
    console.printf(
        "rejected    missing %d, wrong or twice %d",
        events.rejectedMissing(), events.rejectedWrong());
    console.print("");
    console.printf(
        "%-10s %8s %9s %12s | %6s %6s %6s %6s | %8s | %9s %8s",
        "", "", "", "", "events", "", "", "", "sequence", "offsets", "");
    console.printf(
        "%-10s %8s %9s %12s | %6s %6s %6s %6s | %8s | %9s %8s",
        "route",
        "buckets",
        "feedback",
        "retractions",
        "lost",
        "twice",
        "stale",
        "wrong",
        "breaks",
        "uncovered",
        "twice");
    print("by-user", result.tally().byUser(), console);
    print("by-domain", result.tally().byDomain(), console);
    console.print("");
    result
        .recoveries()
        .forEach(
            (kind, recovery) ->
                console.printf(
                    "%-11s %d killed; whole again after %.1f s (median), %.1f s (longest)",
                    kind, recovery.kills(), recovery.median(), recovery.max()));
    console.printf(
        "kills %d, processes that ended by themselves %d, longest pause of by-user buckets %.1f s,"
            + " %.0f s in all",
        result.killed(),
        result.endedByThemselves(),
        result.longestPauseSeconds(),
        result.seconds());
    console.print(result.ok() ? "every event is where it belongs, once" : "NOT RIGHT");
  }

  private static void print(String route, RouteCounts counts, Console console) {
    console.printf(
        "%-10s %8d %9d %12d | %6d %6d %6d %6d | %8d | %9d %8d",
        route,
        counts.buckets(),
        counts.feedback(),
        counts.retractions(),
        counts.lost(),
        counts.twice(),
        counts.stale(),
        counts.wrong(),
        counts.sequenceBreaks(),
        counts.uncovered(),
        counts.coveredTwice());
  }
}
