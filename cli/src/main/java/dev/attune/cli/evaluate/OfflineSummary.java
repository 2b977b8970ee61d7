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
import java.util.function.ToDoubleFunction;

/** Tells an {@link OfflineResult} to a person: as tables on a terminal and as a page. */
final class OfflineSummary {
  private static final String TARGETS =
      "Targets: mean of the best strategy .780 or more, each general set at \"longer\" or above.";

  private final OfflineResult result;

  OfflineSummary(OfflineResult result) {
    this.result = result;
  }

  void print(Console console) {
    table(console, strategyHeader(), strategyRows());
    table(console, domainHeader(), domainRows());
    table(console, generalHeader(), generalRows());
    console.print(TARGETS);
    console.print(told());
    console.printf("Seconds: %.0f", result.seconds());
  }

  HtmlReport page() {
    HtmlReport page = new HtmlReport("Attune: customized rewards, strategies side by side");
    page.paragraph(
        "Share of test pairs in the right order by the reward; equal rewards count half. The base,"
            + " the general model and the domains' models saw no test query. "
            + TARGETS);
    page.heading("Domain gain beside general loss");
    page.drawing(strategyBars());
    page.table(strategyHeader(), strategyRows());
    page.heading("In the domains: " + result.best().label());
    page.table(domainHeader(), domainRows());
    page.heading("On general preferences: " + result.best().label());
    page.table(generalHeader(), generalRows());
    page.paragraph(told());
    return page;
  }

  private String told() {
    return String.format(
        Locale.ROOT,
        "Strategies: seed %d; then %s, %d seeds, mean and standard deviation; %d training and %d"
            + " test queries.",
        result.firstSeed(),
        result.best().label(),
        result.bySeed().size(),
        result.trainQueries(),
        result.testQueries());
  }

  private List<String> strategyHeader() {
    List<String> header = new ArrayList<>(List.of("strategy"));
    header.addAll(result.bySeed().get(0).domains().keySet());
    header.addAll(List.of("mean", "gain", "ece"));
    header.addAll(result.bySeed().get(0).general().keySet());
    header.add("loss");
    return header;
  }

  private List<List<String>> strategyRows() {
    List<List<String>> rows = new ArrayList<>();
    for (Map.Entry<Strategy, CustomizedAccuracies> entry : result.strategies().entrySet()) {
      CustomizedAccuracies its = entry.getValue();
      List<String> row = new ArrayList<>(List.of(entry.getKey().label()));
      its.domains().values().forEach(d -> row.add(Bars.share(d.after().value())));
      row.add(Bars.share(OfflineResult.domainsAfter(its)));
      row.add(signed(OfflineResult.domainsAfter(its) - OfflineResult.domainsBefore(its)));
      row.add(Bars.share(OfflineResult.ece(its)));
      its.general().values().forEach(set -> row.add(Bars.share(set.meanAfter())));
      row.add(signed(OfflineResult.generalAfter(its) - OfflineResult.generalBefore(its)));
      rows.add(row);
    }
    return rows;
  }

  private static List<String> domainHeader() {
    return List.of("domain", "before", "after", "±", "longer", "tf-idf", "ece");
  }

  private List<List<String>> domainRows() {
    List<List<String>> rows = new ArrayList<>();
    for (String domain : result.bySeed().get(0).domains().keySet()) {
      rows.add(row(domain, value -> OfflineResult.of(domain, value)));
    }
    rows.add(row("mean", value -> its -> its.mean(value)));
    return rows;
  }

  private interface Figure {
    ToDoubleFunction<CustomizedAccuracies> of(ToDoubleFunction<InDomain> value);
  }

  private List<String> row(String name, Figure figure) {
    return List.of(
        name,
        Bars.share(result.mean(figure.of(d -> d.before().value()))),
        Bars.share(result.mean(figure.of(d -> d.after().value()))),
        Bars.share(result.spread(figure.of(d -> d.after().value()))),
        Bars.share(result.mean(figure.of(d -> d.longer().value()))),
        Bars.share(result.mean(figure.of(d -> d.floor().value()))),
        Bars.share(result.mean(figure.of(InDomain::ece))));
  }

  private static List<String> generalHeader() {
    return List.of("general set", "before", "after", "±", "longer");
  }

  private List<List<String>> generalRows() {
    List<List<String>> rows = new ArrayList<>();
    for (String set : result.bySeed().get(0).general().keySet()) {
      rows.add(
          List.of(
              set,
              Bars.share(result.mean(OfflineResult.ofSet(set, s -> s.before().value()))),
              Bars.share(result.mean(OfflineResult.ofSet(set, OnGeneral::meanAfter))),
              Bars.share(result.spread(OfflineResult.ofSet(set, OnGeneral::meanAfter))),
              Bars.share(result.mean(OfflineResult.ofSet(set, s -> s.longer().value())))));
    }
    return rows;
  }

  private String strategyBars() {
    return Svg.bars(
        result.strategies().keySet().stream().map(Strategy::label).toList(),
        List.of(
            series("domains before", OfflineResult::domainsBefore),
            series("domains after", OfflineResult::domainsAfter),
            series("general before", OfflineResult::generalBefore),
            series("general after", OfflineResult::generalAfter)),
        0.4,
        1);
  }

  private Svg.Series series(String name, ToDoubleFunction<CustomizedAccuracies> value) {
    return new Svg.Series(
        name, result.strategies().values().stream().map(value::applyAsDouble).toList());
  }

  private static String signed(double difference) {
    return String.format(Locale.ROOT, "%+.3f", difference);
  }

  private static void table(Console console, List<String> header, List<List<String>> rows) {
    console.print("");
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
