package dev.attune.cli.freshness;

import dev.attune.cli.console.Console;
import org.HdrHistogram.Histogram;

/** Prints what was measured of freshness. */
public final class FreshnessSummary {
  private FreshnessSummary() {}

  /** Prints a table. */
  public static void print(FreshnessReport report, Console console) {
    console.printf(
        "%d events in %.0f s, %.1f a second; base of %d x %d layers",
        report.events(),
        report.seconds(),
        report.events() / report.seconds(),
        report.base().hiddenSize(),
        report.base().layers());
    console.print("");
    console.printf(
        "%-44s %8s %8s %8s %8s %7s",
        "ms from an event's append to", "p50", "p99", "max", "n", "missed");
    print("a score that includes it (head)", report.heads(), console);
    print("a row that includes it", report.rows(), console);
    print("the gate's decision that needed it", report.decisions(), console);
    print("its copy, once (yardstick)", new Timeline.Times(report.roundTrip(), 0), console);
    console.print("");
    console.printf(
        "events that the domains' models had not learned at the end: %d", report.backlog());
    console.print(
        "Targets: heads 500 (p50) and 2000 (p99), rows 10000 (p99), decisions 60000 (p99).");
  }

  private static void print(String title, Timeline.Times times, Console console) {
    Histogram millis = times.millis();
    console.printf(
        "%-44s %8d %8d %8d %8d %7d",
        title,
        millis.getValueAtPercentile(50),
        millis.getValueAtPercentile(99),
        millis.getMaxValue(),
        millis.getTotalCount(),
        times.missed());
  }
}
