package dev.attune.cli.stream;

import dev.attune.cli.console.Console;
import dev.attune.cli.report.Bars;
import dev.attune.cli.report.HtmlReport;
import dev.attune.cli.report.Svg;
import dev.attune.cli.stream.Means.By;
import dev.attune.cli.stream.StreamResult.Simulated;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Tells a result to a person: as a table on a terminal and as a page. */
final class StreamSummary {
  private static final List<String> HEADER =
      List.of(
          "earlier events", "choices", "longer", "global", "domain", "personal", "log-loss", "ece");
  private static final List<String> SIMULATED_HEADER =
      List.of("earlier events", "choices", "generic", "personal");
  private static final String TARGETS =
      "Targets: domain .752 or more (aim .770), personal less domain above -.010 at 95 %, ece .050"
          + " or less; simulated users after 8 events: personal .100 above generic.";
  private static final double LOW = 0.5;
  private static final double HIGH = 0.9;

  private StreamSummary() {}

  static void print(StreamResult result, Console console) {
    console.print("");
    console.print("How often the chosen reply had the higher reward, before it was learned from");
    table(console, HEADER, rows(result.people().figures()));
    console.print("");
    console.print(gains(result.people().figures()));
    Simulated simulated = result.simulated();
    if (simulated != null) {
      console.print("");
      console.printf("Simulated users (%d, six profiles)", simulated.users());
      table(console, SIMULATED_HEADER, rows(simulated.figures()));
      console.print(gain(simulated));
    }
    console.print("");
    console.print(TARGETS);
    console.print(effort(result));
    if (!result.sound()) {
      console.print("NOT BALANCED: not every event was accepted once.");
    }
  }

  static HtmlReport page(StreamResult result) {
    StreamFigures figures = result.people().figures();
    HtmlReport page = new HtmlReport("Attune: a stream of choices");
    page.paragraph(
        "How often the chosen reply had the higher reward in attune.rewards, each choice before it"
            + " was learned from; equal rewards count half, ties are left out. "
            + TARGETS);
    page.heading("People's judgments over time");
    page.drawing(
        Svg.curves(
            Stream.of(By.values()).map(by -> curve(figures, by)).toList(), "events", LOW, HIGH));
    page.heading("By what was known of the user");
    page.drawing(
        Svg.bars(
            Stream.of(Tenure.values()).map(Tenure::label).toList(),
            Stream.of(By.values()).map(by -> series(figures, by)).toList(),
            LOW,
            HIGH));
    page.table(HEADER, rows(figures));
    page.paragraph(gains(figures));
    Simulated simulated = result.simulated();
    if (simulated != null) {
      page.heading("Simulated users by earlier events");
      page.drawing(
          Svg.curves(
              List.of(
                  curve("generic", simulated.figures(), By.GLOBAL),
                  curve("personal", simulated.figures(), By.PERSONAL)),
              "earlier events",
              0.4,
              1));
      page.table(SIMULATED_HEADER, rows(simulated.figures()));
      page.paragraph(gain(simulated));
    }
    page.paragraph(effort(result));
    return page;
  }

  private static Svg.Curve curve(StreamFigures figures, By by) {
    return new Svg.Curve(
        by.field(),
        figures.windowEnds(),
        figures.windows().stream().map(means -> means.accuracy(by)).toList());
  }

  private static Svg.Curve curve(String name, SimulatedFigures figures, By by) {
    List<Means> points = figures.byEarlier();
    return new Svg.Curve(
        name,
        IntStream.range(0, points.size()).mapToObj(i -> (double) i).toList(),
        points.stream().map(means -> means.accuracy(by)).toList());
  }

  private static Svg.Series series(StreamFigures figures, By by) {
    return new Svg.Series(
        by.field(),
        Stream.of(Tenure.values()).map(tenure -> figures.of(tenure).accuracy(by)).toList());
  }

  private static List<List<String>> rows(StreamFigures figures) {
    List<List<String>> rows = new ArrayList<>();
    for (Tenure tenure : Tenure.values()) {
      rows.add(row(tenure.label(), figures.of(tenure)));
    }
    rows.add(row("all", figures.all()));
    return rows;
  }

  private static List<String> row(String name, Means means) {
    List<String> row = new ArrayList<>(List.of(name, String.valueOf(means.choices())));
    for (By by : By.values()) {
      row.add(Bars.share(means.accuracy(by)));
    }
    row.add(Bars.share(means.logLoss(By.PERSONAL)));
    row.add(Bars.share(means.ece(By.PERSONAL)));
    return row;
  }

  private static List<List<String>> rows(SimulatedFigures figures) {
    List<List<String>> rows = new ArrayList<>();
    List<Means> points = figures.byEarlier();
    for (int earlier = 0; earlier < points.size(); earlier++) {
      rows.add(row(String.valueOf(earlier), points.get(earlier), By.GLOBAL, By.PERSONAL));
    }
    rows.add(row(SimulatedFigures.KNOWN + " or more", figures.known(), By.GLOBAL, By.PERSONAL));
    return rows;
  }

  private static List<String> row(String name, Means means, By... which) {
    List<String> row = new ArrayList<>(List.of(name, String.valueOf(means.choices())));
    for (By by : which) {
      row.add(Bars.share(means.accuracy(by)));
    }
    return row;
  }

  private static String gains(StreamFigures figures) {
    return String.format(
        Locale.ROOT,
        "%,d events. Personal less domain %+.4f (95 %%: above %+.4f), domain less global %+.4f"
            + " (above %+.4f). ECE: global %s, domain %s, personal %s.",
        figures.events(),
        figures.personalGain().mean(),
        figures.personalGain().lowerBound(),
        figures.domainGain().mean(),
        figures.domainGain().lowerBound(),
        Bars.share(figures.all().ece(By.GLOBAL)),
        Bars.share(figures.all().ece(By.DOMAIN)),
        Bars.share(figures.all().ece(By.PERSONAL)));
  }

  private static String gain(Simulated simulated) {
    PairedGain gain = simulated.figures().knownGain();
    return String.format(
        Locale.ROOT,
        "After %d events or more: personal less generic %+.4f (95 %%: above %+.4f).",
        SimulatedFigures.KNOWN,
        gain.mean(),
        gain.lowerBound());
  }

  private static String effort(StreamResult result) {
    Simulated simulated = result.simulated();
    return String.format(
        Locale.ROOT,
        "Seconds: base %.0f, judgments %.0f, simulated users %.0f; seed %d.",
        result.baseSeconds(),
        result.people().seconds(),
        simulated == null ? 0 : simulated.seconds(),
        result.seed());
  }

  private static void table(Console console, List<String> header, List<List<String>> rows) {
    console.print(line(header));
    rows.forEach(row -> console.print(line(row)));
  }

  private static String line(List<String> cells) {
    StringBuilder line = new StringBuilder(String.format(Locale.ROOT, "%-16s", cells.get(0)));
    for (String cell : cells.subList(1, cells.size())) {
      line.append(String.format(Locale.ROOT, "%10s", cell));
    }
    return line.toString();
  }
}
