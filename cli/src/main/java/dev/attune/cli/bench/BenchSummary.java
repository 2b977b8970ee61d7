package dev.attune.cli.bench;

import dev.attune.bench.GemmPeak;
import dev.attune.bench.MedianInterval;
import dev.attune.bench.ModelBenchmark.Work;
import dev.attune.bench.ModelReport;
import dev.attune.bench.ModelReport.CandidatesCell;
import dev.attune.bench.ModelReport.Ratio;
import dev.attune.bench.ModelReport.SizeRow;
import dev.attune.cli.console.Console;
import dev.attune.cli.report.HtmlReport;
import dev.attune.cli.report.Svg;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Prints a report of {@code attune bench} as tables, and lays it out as a page. */
final class BenchSummary {
  private static final double GIGA = 1e9;

  private BenchSummary() {}

  static void print(ModelReport report, Console console) {
    console.print(title(report));
    console.print(peak(report.peak()));
    console.print("");
    console.printf(
        "%-22s %12s %7s %8s  %s", "model", "tokens/s", "of peak", "x array", "(95 % interval)");
    for (SizeRow row : report.sizes()) {
      console.printf(
          "%-22s %12.0f %6.1f%%",
          model(row) + " arrays", row.yardstick(), 100 * row.yardstickShare());
      for (CandidatesCell cell : row.candidates()) {
        console.printf(
            "%-22s %12.0f %6.1f%% %8.2f  %s",
            "  " + candidates(cell),
            cell.tokensPerSecond(),
            100 * cell.share(),
            cell.ratio().median(),
            interval(cell.ratio()));
      }
    }
    console.print("");
    print(report.sharing(), console);
    report.costs().forEach(cost -> print(cost, console));
  }

  private static void print(Ratio ratio, Console console) {
    console.printf(
        "%-28s x %.3f  %s, %d rounds",
        ratio.name(), ratio.interval().median(), interval(ratio.interval()), ratio.rounds());
  }

  static HtmlReport page(ModelReport report) {
    HtmlReport page = new HtmlReport("attune bench: " + title(report));
    page.paragraph(peak(report.peak()));
    page.paragraph(
        "Tokens of the texts, each counted with its prompt. Of peak: the operations that the"
            + " formulas ask for, beside the matrix products' peak. Ratios: medians over rounds in"
            + " which all took turns, and the 95 % intervals of these medians.");
    page.drawing(bars(report));
    List<List<String>> rows = new ArrayList<>();
    for (SizeRow row : report.sizes()) {
      rows.add(
          List.of(
              model(row),
              "arrays, fp32",
              number("%.0f", row.yardstick()),
              number("%.1f %%", 100 * row.yardstickShare()),
              "1",
              ""));
      for (CandidatesCell cell : row.candidates()) {
        rows.add(
            List.of(
                model(row),
                candidates(cell),
                number("%.0f", cell.tokensPerSecond()),
                number("%.1f %%", 100 * cell.share()),
                number("%.2f", cell.ratio().median()),
                interval(cell.ratio())));
      }
    }
    page.table(List.of("model", "", "tokens/s", "of peak", "times arrays", "interval"), rows);
    page.heading("Times of batches, as ratios");
    List<Ratio> ratios = new ArrayList<>(report.costs());
    ratios.add(0, report.sharing());
    page.table(
        List.of("", "ratio", "interval", "rounds"),
        ratios.stream()
            .map(
                ratio ->
                    List.of(
                        ratio.name(),
                        number("%.3f", ratio.interval().median()),
                        interval(ratio.interval()),
                        Integer.toString(ratio.rounds())))
            .toList());
    return page;
  }

  /** Times as fast as the yardstick, a group for each size. */
  private static String bars(ModelReport report) {
    List<String> groups = report.sizes().stream().map(BenchSummary::model).toList();
    List<Svg.Series> series = new ArrayList<>();
    double most = 1;
    for (int i = 0; i < report.sizes().get(0).candidates().size(); i++) {
      List<Double> values = new ArrayList<>();
      for (SizeRow row : report.sizes()) {
        values.add(row.candidates().get(i).ratio().median());
        most = Math.max(most, row.candidates().get(i).ratio().median());
      }
      series.add(new Svg.Series(candidates(report.sizes().get(0).candidates().get(i)), values));
    }
    return Svg.bars(groups, series, 0, Math.ceil(most));
  }

  private static String title(ModelReport report) {
    return number(
        "%s in %s, %d thread%s, %s time",
        report.work() == Work.TRAIN ? "training" : "scoring",
        report.precision().name().toLowerCase(Locale.ROOT),
        report.threads(),
        report.threads() == 1 ? "" : "s",
        report.clock().name().toLowerCase(Locale.ROOT));
  }

  private static String peak(GemmPeak peak) {
    return number(
        "matrix products: fp32 %.0f GFLOP/s (as arrays %.0f), bf16 %.0f GFLOP/s",
        peak.fp32() / GIGA, peak.arrays() / GIGA, peak.bf16() / GIGA);
  }

  private static String model(SizeRow row) {
    return "d "
        + row.size().config().hiddenSize()
        + ", "
        + row.size().config().layers()
        + " layers";
  }

  private static String candidates(CandidatesCell cell) {
    return cell.candidates() == 1 ? "1 candidate" : cell.candidates() + " candidates";
  }

  private static String interval(MedianInterval interval) {
    return number("[%.3f, %.3f]", interval.low(), interval.high());
  }

  @SuppressWarnings("AnnotateFormatMethod") // the annotation would be the only use of its library
  private static String number(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }
}
