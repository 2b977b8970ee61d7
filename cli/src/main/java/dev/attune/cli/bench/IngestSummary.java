package dev.attune.cli.bench;

import dev.attune.bench.MedianInterval;
import dev.attune.bench.ingest.IngestReport;
import dev.attune.bench.ingest.IngestReport.InstancesRow;
import dev.attune.bench.ingest.IngestReport.LatencyRow;
import dev.attune.bench.ingest.IngestReport.ThroughputRow;
import dev.attune.cli.console.Console;
import dev.attune.cli.report.HtmlReport;
import dev.attune.cli.report.Svg;
import java.util.List;
import java.util.Locale;

/** Prints a report of {@code attune bench ingest} as tables, and lays it out as a page. */
final class IngestSummary {
  private static final String NOTE =
      "Ratios: ingest's throughput beside the row's, and the row's processor time beside ingest's;"
          + " medians over rounds in which all took turns, with the 95 % intervals of these medians.";

  private IngestSummary() {}

  static void print(IngestReport report, Console console) {
    console.print(title(report));
    console.print("");
    console.printf(
        "%-33s %10s %9s %12s  %s", "", "events/s", "us/event", "ingest / it", "(95 % interval)");
    for (ThroughputRow row : report.throughput()) {
      console.printf(
          "%-33s %10.0f %9.1f %12.3f  %s",
          row.contender().title(),
          row.eventsPerSecond(),
          row.processorMicros(),
          row.ratio().median(),
          interval(row.ratio()));
    }
    console.print("");
    console.printf(
        "%-33s %-26s %8s %9s %9s %9s", "latency in ms", "to", "events/s", "p50", "p99", "max");
    for (LatencyRow row : report.latency()) {
      console.printf(
          "%-33s %-26s %8.0f %9.1f %9.1f %9.1f",
          row.contender().title(),
          row.output(),
          row.rate(),
          row.p50Millis(),
          row.p99Millis(),
          row.maxMillis());
    }
    if (!report.instances().isEmpty()) {
      console.print("");
      console.printf("%-33s %10s %12s", "on three brokers", "events/s", "x the first");
      for (InstancesRow row : report.instances()) {
        console.printf(
            "%-33s %10.0f %12.3f  %s",
            instances(row), row.eventsPerSecond(), row.ratio().median(), interval(row.ratio()));
      }
    }
  }

  static HtmlReport page(IngestReport report) {
    HtmlReport page = new HtmlReport("attune bench: " + title(report));
    page.paragraph(NOTE);
    page.drawing(bars(report));
    page.table(
        List.of(
            "", "events/s", "processor, µs/event", "ingest / it", "interval", "its / ingest's µs"),
        report.throughput().stream()
            .map(
                row ->
                    List.of(
                        row.contender().title(),
                        number("%.0f", row.eventsPerSecond()),
                        number("%.1f", row.processorMicros()),
                        number("%.3f", row.ratio().median()),
                        interval(row.ratio()),
                        number("%.3f", row.processorRatio().median())))
            .toList());
    page.heading("From an event to its committed result, in ms");
    page.table(
        List.of("", "to", "events/s", "p50", "p99", "max"),
        report.latency().stream()
            .map(
                row ->
                    List.of(
                        row.contender().title(),
                        row.output(),
                        number("%.0f", row.rate()),
                        number("%.1f", row.p50Millis()),
                        number("%.1f", row.p99Millis()),
                        number("%.1f", row.maxMillis())))
            .toList());
    if (!report.instances().isEmpty()) {
      page.heading("Instances on three brokers");
      page.table(
          List.of("", "events/s", "times the first", "interval"),
          report.instances().stream()
              .map(
                  row ->
                      List.of(
                          instances(row),
                          number("%.0f", row.eventsPerSecond()),
                          number("%.3f", row.ratio().median()),
                          interval(row.ratio())))
              .toList());
    }
    return page;
  }

  /** Throughput as shares of the fastest. */
  private static String bars(IngestReport report) {
    double most =
        report.throughput().stream().mapToDouble(ThroughputRow::eventsPerSecond).max().orElse(1);
    return Svg.bars(
        report.throughput().stream().map(row -> row.contender().title()).toList(),
        List.of(
            new Svg.Series(
                "throughput, of the fastest",
                report.throughput().stream().map(row -> row.eventsPerSecond() / most).toList())),
        0,
        1);
  }

  private static String title(IngestReport report) {
    return number(
        "ingest, %d events, %d round%s, %d core%s, commits every %d ms",
        report.events(),
        report.rounds(),
        report.rounds() == 1 ? "" : "s",
        report.cores(),
        report.cores() == 1 ? "" : "s",
        report.commitIntervalMillis());
  }

  private static String instances(InstancesRow row) {
    return row.instances() == 1 ? "1 instance" : row.instances() + " instances";
  }

  private static String interval(MedianInterval interval) {
    return number("[%.3f, %.3f]", interval.low(), interval.high());
  }

  @SuppressWarnings("AnnotateFormatMethod") // the annotation would be the only use of its library
  private static String number(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }
}
