package dev.attune.cli.serving;

import dev.attune.bench.MedianInterval;
import dev.attune.cli.console.Console;
import dev.attune.cli.report.HtmlReport;
import dev.attune.cli.serving.ServingReport.Row;
import dev.attune.model.engine.Torch;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Prints what was measured of serving as a table, and lays it out as a page. */
public final class ServingSummary {
  private static final List<String> HEADER =
      List.of("", "requests/s", "of peak", "x one by one", "p50 ms", "p99 ms");

  private static final String NOTE =
      "Medians over the rounds, with the intervals of these medians; ratios round by round.";

  private ServingSummary() {}

  /** Prints a table. */
  public static void print(ServingReport report, Console console) {
    console.print(title(report));
    console.print(size(report));
    console.print(NOTE);
    console.print("");
    console.printf("%-40s %26s %8s %22s %28s %28s", HEADER.toArray());
    for (List<String> row : table(report)) {
      console.printf("%-40s %26s %8s %22s %28s %28s", row.toArray());
    }
    console.print("");
    remarks(report).forEach(console::print);
  }

  /** The same as a page. */
  public static HtmlReport page(ServingReport report) {
    HtmlReport page = new HtmlReport("attune bench: " + title(report));
    page.paragraph(size(report) + " " + NOTE);
    page.table(HEADER, table(report));
    remarks(report).forEach(page::paragraph);
    return page;
  }

  private static List<List<String>> table(ServingReport report) {
    List<List<String>> rows = new ArrayList<>();
    rows.add(row("one candidate a pass", report, report.oneByOne(), true));
    String offline = "batches of " + report.offlineBatch() + ", no topic";
    // Nobody waits for a batch.
    rows.add(row(offline, report, report.offline(), false));
    for (Row each : report.rows()) {
      rows.add(row(name(each), report, each.rounds(), true));
    }
    Row swapping = report.swapping();
    rows.add(row(name(swapping) + ", new models", report, swapping.rounds(), true));
    return rows;
  }

  private static String name(Row row) {
    return "%d user%s, %d at a time"
        .formatted(row.users(), row.users() == 1 ? "" : "s", row.concurrent());
  }

  private static List<String> row(
      String name, ServingReport report, List<Throughput> rounds, boolean latency) {
    return List.of(
        name,
        interval("%.1f", ServingReport.rate(rounds)),
        String.format(Locale.ROOT, "%.1f %%", 100 * report.peakShare(rounds)),
        interval("%.2f", ServingReport.ratio(rounds, report.oneByOne())),
        latency ? interval("%.1f", ServingReport.p50(rounds)) : "",
        latency ? interval("%.1f", ServingReport.p99(rounds)) : "");
  }

  private static List<String> remarks(ServingReport report) {
    return List.of(
        "The best of "
            + report.headline().users()
            + " users beside batches without a topic: x "
            + interval("%.3f", ServingReport.ratio(report.best(), report.offline())),
        "A new model every %d s (%d in all) beside none: p50 x %s, p99 x %s"
            .formatted(
                ModelSwaps.EVERY_SECONDS,
                report.swaps(),
                interval("%.3f", report.p50Ratio()),
                interval("%.3f", report.p99Ratio())),
        String.format(
            Locale.ROOT,
            "Rewards differ from those of one candidate a pass by %.1e at most.",
            report.difference()));
  }

  private static String title(ServingReport report) {
    return "rewards through the topics, %d rounds of %s s"
        .formatted(report.settings().rounds(), report.settings().seconds());
  }

  private static String size(ServingReport report) {
    return String.format(
        Locale.ROOT,
        "Base of %d x %d layers in %s, %d threads; %d candidates of %.0f tokens to %.0f of the"
            + " prompt, %.3g operations a request; matrix products at %.1f GFLOP/s.",
        report.config().hiddenSize(),
        report.config().layers(),
        report.settings().precision().name().toLowerCase(Locale.ROOT),
        Torch.threads(),
        RequestTexts.CANDIDATES,
        report.size().replyTokens(),
        report.size().promptTokens(),
        report.size().flops(),
        report.peak().of(report.settings().precision()) / 1e9);
  }

  private static String interval(String format, MedianInterval interval) {
    return String.format(
        Locale.ROOT,
        format + " [" + format + ", " + format + "]",
        interval.median(),
        interval.low(),
        interval.high());
  }
}
