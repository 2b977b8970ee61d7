package dev.attune.cli.demo;

import dev.attune.cli.console.Console;
import dev.attune.cli.demo.Prequential.Accuracies;
import dev.attune.cli.demo.Prequential.Point;
import dev.attune.cli.report.Bars;
import dev.attune.cli.report.HtmlReport;
import dev.attune.cli.report.Svg;
import dev.attune.cli.traffic.EventAccounts;
import dev.attune.cli.traffic.RequestAccounts;
import dev.attune.schemas.events.ModelVersion;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/** Tells a result to a person: as lines on a terminal and as a page. */
final class DemoSummary {
  private static final int BAR = 30;
  private static final double LOW = 0.4;

  private DemoSummary() {}

  static void print(DemoResult result, Console console) {
    EventAccounts events = result.events();
    RequestAccounts requests = result.requests();
    console.print("");
    console.print("Events     " + sentence(events));
    console.print("Requests   " + sentence(requests));
    console.printf("Learned    %,d comparisons", result.comparisonsTrained());
    console.printf(
        "Latency    p50 %.0f ms, p99 %.0f ms from request to rewards",
        result.latencyP50(), result.latencyP99());
    if (!Double.isNaN(result.freshnessP50())) {
      console.printf(
          "Freshness  p50 %.0f ms, p99 %.0f ms from an event to its user's state (%d users)",
          result.freshnessP50(), result.freshnessP99(), result.users());
    }
    console.print("");
    console.print("How often the chosen reply had the higher score, before it was learned from");
    console.print("(last half of the choices in domains with a model of their own)");
    row(console, "longer reply", result.accuracies().longer().value());
    row(console, "general model", result.accuracies().generic().value());
    row(console, "domain models", result.accuracies().customized().value());
    row(console, "personal", result.accuracies().personal().value());
    boolean unicode = "UTF-8".equals(System.getProperty("native.encoding"));
    console.print("  over time");
    console.print("    general  " + line(result.curve(), Point::generic, unicode));
    console.print("    domain   " + line(result.curve(), Point::customized, unicode));
    console.print("    personal " + line(result.curve(), Point::personal, unicode));
    console.print("");
    console.print("  domain      longer  general  domain  personal   pairs");
    for (Map.Entry<String, Accuracies> domain : result.byDomain().entrySet()) {
      Accuracies its = domain.getValue();
      console.printf(
          "  %-10s  %6s  %7s  %6s  %8s  %6d",
          domain.getKey(),
          Bars.share(its.longer().value()),
          Bars.share(its.generic().value()),
          Bars.share(its.customized().value()),
          Bars.share(its.personal().value()),
          its.customized().pairs());
    }
    console.print("");
    console.print("  model            version  comparisons");
    for (ModelVersion model : result.models()) {
      console.printf(
          "  %-15s  %7d  %11d", model.getName(), model.getVersion(), model.getComparisons());
    }
    console.print("");
    console.print(
        result.sound()
            ? "Every event and every request is accounted for."
            : "NOT BALANCED: see the counts above.");
  }

  static HtmlReport page(DemoResult result) {
    HtmlReport page = new HtmlReport("Attune demo");
    page.paragraph(sentence(result.events()));
    page.paragraph(sentence(result.requests()));
    page.paragraph(
        String.format(
            Locale.ROOT,
            "%.0f s of traffic, seed %d; serving %.1f s after the start; latency p50 %.0f ms, p99"
                + " %.0f ms; from an event to its user's state p50 %.0f ms, p99 %.0f ms, of %d"
                + " users.",
            result.seconds(),
            result.seed(),
            result.servingAfter(),
            result.latencyP50(),
            result.latencyP99(),
            result.freshnessP50(),
            result.freshnessP99(),
            result.users()));
    page.heading("How often the chosen reply had the higher score, before it was learned from");
    page.drawing(
        Svg.curves(
            List.of(
                curve("longer reply", result.curve(), Point::longer),
                curve("general model", result.curve(), Point::generic),
                curve("domain models", result.curve(), Point::customized),
                curve("personal", result.curve(), Point::personal)),
            "seconds",
            LOW,
            1));
    page.heading("Last half, by domain");
    List<List<String>> rows = new ArrayList<>();
    result.byDomain().forEach((domain, its) -> rows.add(cells(domain, its)));
    rows.add(cells("all but general", result.accuracies()));
    page.table(
        List.of("domain", "longer", "general model", "domain model", "personal", "pairs"), rows);
    page.heading("Models");
    page.table(
        List.of("model", "version", "comparisons"),
        result.models().stream()
            .map(
                model ->
                    List.of(
                        model.getName(),
                        Long.toString(model.getVersion()),
                        Long.toString(model.getComparisons())))
            .toList());
    return page;
  }

  private static String sentence(EventAccounts events) {
    return String.format(
        Locale.ROOT,
        "%,d sent = %,d accepted + %,d rejected + %,d quarantined + %,d duplicate%s",
        events.sent(),
        events.accepted(),
        events.rejected(),
        events.quarantined(),
        events.duplicate(),
        events.balanced()
            ? ""
            : " - NOT ACCOUNTED FOR: " + events.open() + " open, " + events.repeated() + " twice");
  }

  private static String sentence(RequestAccounts requests) {
    return String.format(
        Locale.ROOT,
        "%,d sent, %,d scored, %,d failed%s",
        requests.sent(),
        requests.scored(),
        requests.failed(),
        requests.balanced()
            ? ""
            : " - NOT ACCOUNTED FOR: "
                + requests.open()
                + " open, "
                + requests.repeated()
                + " twice");
  }

  private static void row(Console console, String name, double share) {
    console.printf("  %-14s %s", name, Bars.bar(share, BAR));
  }

  private static String line(List<Point> curve, ToDoubleFunction<Point> value, boolean unicode) {
    return Bars.sparkline(curve.stream().mapToDouble(value).toArray(), LOW, 1, unicode);
  }

  private static Svg.Curve curve(String name, List<Point> curve, ToDoubleFunction<Point> value) {
    return new Svg.Curve(
        name,
        curve.stream().map(Point::seconds).toList(),
        curve.stream().map(value::applyAsDouble).toList());
  }

  private static List<String> cells(String domain, Accuracies its) {
    return List.of(
        domain,
        Bars.share(its.longer().value()),
        Bars.share(its.generic().value()),
        Bars.share(its.customized().value()),
        Bars.share(its.personal().value()),
        Long.toString(its.customized().pairs()));
  }
}
