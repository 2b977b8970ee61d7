package dev.attune.cli.evaluate;

import dev.attune.cli.console.Console;
import dev.attune.cli.evaluate.CustomizedAccuracies.InDomain;
import dev.attune.cli.evaluate.CustomizedAccuracies.OnGeneral;
import dev.attune.cli.report.Bars;
import dev.attune.cli.report.HtmlReport;
import dev.attune.cli.report.Svg;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;

/** Tells a result to a person: as a table on a terminal and as a page. */
final class CustomizedSummary {
  private static final List<String> DOMAIN_HEADER =
      List.of("domain", "before", "after", "longer", "tf-idf", "ece");
  private static final List<String> GENERAL_HEADER =
      List.of("general set", "before", "after", "longer", "pooled before");
  private static final String TARGETS =
      "Targets: after beats before by .100 on average, beats longer in each domain, mean .750 or"
          + " more (aim .770).";

  private CustomizedSummary() {}

  static void print(CustomizedResult result, Console console) {
    console.print("");
    table(console, DOMAIN_HEADER, domainRows(result));
    console.print("");
    table(console, GENERAL_HEADER, generalRows(result));
    console.print("");
    console.print(TARGETS);
    console.printf(
        "Here: after - before %+.3f, mean after %s; seed %d, %d training and %d test queries.",
        result.accuracies().mean(d -> d.after().value())
            - result.accuracies().mean(d -> d.before().value()),
        Bars.share(result.accuracies().mean(d -> d.after().value())),
        result.seed(),
        result.trainQueries(),
        result.testQueries());
    StringBuilder phases = new StringBuilder("Seconds:");
    result
        .seconds()
        .forEach((phase, s) -> phases.append(String.format(Locale.ROOT, " %s %.0f", phase, s)));
    console.print(phases.toString());
  }

  static HtmlReport page(CustomizedResult result) {
    HtmlReport page = new HtmlReport("Attune: customized rewards");
    page.paragraph(
        "Share of test pairs in the right order by the domainReward in attune.rewards; equal rewards"
            + " count half. "
            + TARGETS);
    page.heading("In the domains");
    page.drawing(bars(result));
    page.table(DOMAIN_HEADER, domainRows(result));
    page.heading("On general preferences: what is forgotten");
    page.drawing(generalBars(result));
    page.table(GENERAL_HEADER, generalRows(result));
    page.paragraph(
        String.format(
            Locale.ROOT,
            "Seed %d, %d training and %d test queries.",
            result.seed(),
            result.trainQueries(),
            result.testQueries()));
    return page;
  }

  private static List<List<String>> domainRows(CustomizedResult result) {
    List<List<String>> rows = new ArrayList<>();
    result
        .accuracies()
        .domains()
        .forEach((domain, its) -> rows.add(row(domain, value -> value.of(its))));
    rows.add(row("mean", value -> result.accuracies().mean(value::of)));
    return rows;
  }

  private interface Value {
    double of(InDomain its);
  }

  private static List<String> row(String name, Function<Value, Double> figure) {
    return List.of(
        name,
        Bars.share(figure.apply(d -> d.before().value())),
        Bars.share(figure.apply(d -> d.after().value())),
        Bars.share(figure.apply(d -> d.longer().value())),
        Bars.share(figure.apply(d -> d.floor().value())),
        Bars.share(figure.apply(InDomain::ece)));
  }

  private static List<List<String>> generalRows(CustomizedResult result) {
    List<List<String>> rows = new ArrayList<>();
    for (Map.Entry<String, OnGeneral> set : result.accuracies().general().entrySet()) {
      OnGeneral its = set.getValue();
      rows.add(
          List.of(
              set.getKey(),
              Bars.share(its.before().value()),
              Bars.share(its.meanAfter()),
              Bars.share(its.longer().value()),
              Bars.share(its.beforePooled().value())));
    }
    return rows;
  }

  private static String bars(CustomizedResult result) {
    List<InDomain> its = List.copyOf(result.accuracies().domains().values());
    return Svg.bars(
        List.copyOf(result.accuracies().domains().keySet()),
        List.of(
            series("longer", its, d -> d.longer().value()),
            series("before", its, d -> d.before().value()),
            series("after", its, d -> d.after().value()),
            series("tf-idf floor", its, d -> d.floor().value())),
        0.4,
        1);
  }

  private static String generalBars(CustomizedResult result) {
    List<OnGeneral> its = List.copyOf(result.accuracies().general().values());
    return Svg.bars(
        List.copyOf(result.accuracies().general().keySet()),
        List.of(
            series("longer", its, s -> s.longer().value()),
            series("before", its, s -> s.before().value()),
            series("after", its, OnGeneral::meanAfter)),
        0.4,
        1);
  }

  private static <T> Svg.Series series(String name, List<T> of, ToDoubleFunction<T> value) {
    return new Svg.Series(name, of.stream().map(value::applyAsDouble).toList());
  }

  private static void table(Console console, List<String> header, List<List<String>> rows) {
    console.print(line(header));
    rows.forEach(row -> console.print(line(row)));
  }

  private static String line(List<String> cells) {
    StringBuilder line = new StringBuilder(String.format(Locale.ROOT, "%-14s", cells.get(0)));
    for (String cell : cells.subList(1, cells.size())) {
      line.append(String.format(Locale.ROOT, "%14s", cell));
    }
    return line.toString();
  }
}
