package dev.attune.cli.chaos;

import dev.attune.cli.console.Console;

/** Prints what a run of {@code attune chaos train} showed. */
final class TrainSummary {
  private static final int SHOWN_OF_A_HASH = 12;

  private TrainSummary() {}

  static void print(TrainResult result, Console console) {
    print(result.tally(), console);
    result
        .recoveries()
        .forEach(
            (kind, recovery) ->
                console.printf(
                    "%-11s %d killed; ready again after %.1f s (median), %.1f s (longest)",
                    kind, recovery.kills(), recovery.median(), recovery.max()));
    console.printf(
        "kills %d (%d at work), processes that ended by themselves %d; undisturbed %.0f s, with"
            + " kills %.0f s, %.0f s in all",
        result.killed(),
        result.killedAtWork(),
        result.endedByThemselves(),
        result.undisturbedSeconds(),
        result.disturbedSeconds(),
        result.seconds());
    console.print(
        result.ok() ? "the kills have changed nothing, all was learned once" : "NOT RIGHT");
  }

  private static void print(TrainTally tally, Console console) {
    console.printf(
        "buckets     %d with %d retractions, %d erasures; different in the two runs %d",
        tally.buckets(), tally.retractions(), tally.erasures(), tally.bucketsDifferent());
    console.print("");
    console.printf(
        "%-44s %8s | %11s %11s %11s | %-12s | %s",
        "model", "version", "comparisons", "undisturbed", "with kills", "weights", "different");
    for (TrainTally.ModelRow row : tally.models()) {
      console.printf(
          "%-44s %8d | %11d %11d %11d | %-12s | %s",
          row.name(),
          row.version(),
          row.comparisons(),
          row.undisturbed(),
          row.disturbed(),
          row.weights().substring(0, Math.min(SHOWN_OF_A_HASH, row.weights().length())),
          row.right() ? "-" : row.counted() ? row.different() : "counts " + row.different());
    }
    TrainTally.Users users = tally.users();
    console.printf(
        "%-44s %8s | %11d %11d %11d | %-12s | %s",
        users.states() + " users",
        "",
        users.comparisons(),
        users.undisturbed(),
        users.disturbed(),
        "",
        users.right() ? "-" : users.different() + " " + users.fields());
    console.print("");
    console.printf(
        "users       with other states %d, miscounted %d; events that rows learned from %d",
        users.different(), users.miscounted(), users.rowEvents());
    console.printf(
        "versions    different %d, published twice %d",
        tally.versionsDifferent(), tally.republished());
  }
}
