package dev.attune.cli.personalize;

import dev.attune.cli.console.Console;
import dev.attune.cli.report.Bars;
import dev.attune.cli.report.HtmlReport;
import dev.attune.cli.report.Svg;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Tells a result to a person: as tables on a terminal and as a page. */
final class PersonalizedSummary {
  /**
   * A table of the result.
   *
   * @param title what it shows
   * @param remark how to read it; may be empty
   * @param header names of the columns
   * @param rows as many cells each
   */
  record Table(String title, String remark, List<String> header, List<List<String>> rows) {}

  private PersonalizedSummary() {}

  static void print(PersonalizedResult result, Console console) {
    for (Table table : tables(result)) {
      console.print("");
      console.print(table.title());
      console.print(line(table.header()));
      table.rows().forEach(row -> console.print(line(row)));
      if (!table.remark().isEmpty()) {
        console.print(table.remark());
      }
    }
    StringBuilder phases = new StringBuilder("Seconds:");
    result
        .phaseSeconds()
        .forEach((phase, s) -> phases.append(String.format(Locale.ROOT, " %s %.0f", phase, s)));
    console.print("");
    console.print(phases.toString());
  }

  static HtmlReport page(PersonalizedResult result) {
    HtmlReport page = new HtmlReport("Attune: personal preferences");
    page.paragraph(
        "Share of test pairs in which the user's own choice has the higher reward; simulated users"
            + " over real replies, each user counted alike.");
    page.heading("Newcomers, one pass over their events");
    page.drawing(curves(result, null));
    page.paragraph("Those of the minority:");
    page.drawing(curves(result, ConflictingLengths.MINORITY));
    page.heading("Users in training and the generic user");
    page.drawing(bars(result));
    for (Table table : tables(result)) {
      page.heading(table.title());
      page.table(table.header(), table.rows());
      if (!table.remark().isEmpty()) {
        page.paragraph(table.remark());
      }
    }
    page.paragraph(
        String.format(
            Locale.ROOT,
            "Seed %d, %d runs, %d steps of training.",
            result.seed(),
            result.settings().seeds(),
            result.settings().steps()));
    return page;
  }

  /** All tables, in the order of the paper. */
  static List<Table> tables(PersonalizedResult result) {
    List<Table> tables = new ArrayList<>();
    tables.add(methods(result));
    tables.add(streams(result));
    tables.add(ablations(result));
    tables.add(text(result));
    tables.add(profiles(result));
    tables.add(lengths(result));
    return tables;
  }

  private static Table methods(PersonalizedResult result) {
    List<List<String>> rows = new ArrayList<>();
    for (String method : result.methods().keySet()) {
      rows.add(
          List.of(
              method,
              result.top(method).text(),
              result.generic(method).text(),
              result.group(method, ConflictingLengths.MAJORITY).text(),
              result.group(method, ConflictingLengths.MINORITY).text()));
    }
    return new Table(
        "Conflicting preferences: 14 users want longer replies, 6 shorter ones",
        "Mean of %d seeds \u00b1 half the range. The head's majority and minority are newcomers after %d events."
            .formatted(result.settings().seeds(), PersonalizedSettings.HEAD_EVENTS),
        List.of("method", "top", "generic", "majority", "minority"),
        rows);
  }

  private static Table streams(PersonalizedResult result) {
    List<String> header = new ArrayList<>();
    header.add("events");
    result.settings().events().forEach(events -> header.add(Integer.toString(events)));
    List<List<String>> rows = new ArrayList<>();
    result
        .streams()
        .forEach(
            (name, checkpoints) -> {
              rows.add(row(name, checkpoints, null));
              rows.add(row("  minority", checkpoints, ConflictingLengths.MINORITY));
            });
    return new Table(
        "Newcomers, everything shared frozen, one pass",
        "After 0 events a newcomer is the generic user.",
        header,
        rows);
  }

  private static List<String> row(
      String name, List<Checkpoint> checkpoints, @Nullable String group) {
    List<String> row = new ArrayList<>();
    row.add(name);
    checkpoints.forEach(checkpoint -> row.add(Bars.share(of(checkpoint, group))));
    return row;
  }

  private static double of(Checkpoint checkpoint, @Nullable String group) {
    GroupAccuracies accuracies = checkpoint.accuracies();
    return group == null ? accuracies.all() : accuracies.group(group);
  }

  private static Table ablations(PersonalizedResult result) {
    Map<String, Outcome> all = new LinkedHashMap<>();
    for (Variant variant : List.of(Variant.INDIVIDUAL, Variant.CLUSTER)) {
      all.put(variant.label(), result.methods().get(variant.name()).get(0));
    }
    all.putAll(result.ablations());
    List<List<String>> rows = new ArrayList<>();
    all.forEach(
        (name, outcome) ->
            rows.add(
                List.of(
                    name,
                    Bars.share(outcome.seen().all()),
                    Bars.share(outcome.generic().all()),
                    Bars.share(outcome.seen().group(ConflictingLengths.MAJORITY)),
                    Bars.share(outcome.seen().group(ConflictingLengths.MINORITY)))));
    return new Table(
        "Ablations, on the same users",
        "One seed: differences of .03 and less say nothing.",
        List.of("user model", "top", "generic", "majority", "minority"),
        rows);
  }

  private static Table text(PersonalizedResult result) {
    return new Table(
        "Newcomers without an id",
        "",
        List.of("policy reads", "all", "majority", "minority"),
        List.of(
            generic("the user's text", result.text()),
            generic("nothing of the user", result.methods().get(Variant.DPO.name()).get(0))));
  }

  private static List<String> generic(String name, Outcome outcome) {
    return List.of(
        name,
        Bars.share(outcome.generic().all()),
        Bars.share(outcome.generic().group(ConflictingLengths.MAJORITY)),
        Bars.share(outcome.generic().group(ConflictingLengths.MINORITY)));
  }

  private static Table profiles(PersonalizedResult result) {
    List<String> header = new ArrayList<>(List.of("method"));
    header.addAll(Profiles.NAMES);
    header.add("mean");
    List<List<String>> rows = new ArrayList<>();
    result
        .profiles()
        .forEach(
            (method, accuracies) -> {
              List<String> row = new ArrayList<>(List.of(method));
              Profiles.NAMES.forEach(name -> row.add(Bars.share(accuracies.group(name))));
              row.add(Bars.share(accuracies.all()));
              rows.add(row);
            });
    return new Table("Six profiles, one user each, ids only", "", header, rows);
  }

  private static Table lengths(PersonalizedResult result) {
    List<List<String>> rows = new ArrayList<>();
    result
        .lengths()
        .forEach(
            (policy, tokens) ->
                tokens.forEach(
                    (reader, mean) ->
                        rows.add(
                            List.of(policy, reader, String.format(Locale.ROOT, "%.1f", mean)))));
    return new Table(
        "Generated replies, mean tokens of at most " + result.settings().replyTokens(),
        "E1: the minority's are short. E2: the generic user's are like plain DPO's.",
        List.of("policy", "for", "tokens"),
        rows);
  }

  private static String curves(PersonalizedResult result, @Nullable String group) {
    List<Svg.Curve> curves = new ArrayList<>();
    result
        .streams()
        .forEach(
            (name, checkpoints) ->
                curves.add(
                    new Svg.Curve(
                        name,
                        checkpoints.stream().map(one -> (double) one.events()).toList(),
                        checkpoints.stream().map(one -> of(one, group)).toList())));
    return Svg.curves(curves, "events of each newcomer", group == null ? 0.5 : 0, 1);
  }

  private static String bars(PersonalizedResult result) {
    List<String> methods = List.copyOf(result.methods().keySet());
    Map<String, List<Double>> series = new LinkedHashMap<>();
    for (String method : methods) {
      add(series, "generic", result.generic(method));
      add(series, ConflictingLengths.MAJORITY, result.group(method, ConflictingLengths.MAJORITY));
      add(series, ConflictingLengths.MINORITY, result.group(method, ConflictingLengths.MINORITY));
    }
    List<Svg.Series> bars = new ArrayList<>();
    series.forEach((name, values) -> bars.add(new Svg.Series(name, values)));
    return Svg.bars(methods, bars, 0, 1);
  }

  private static void add(Map<String, List<Double>> series, String name, Figure figure) {
    series.computeIfAbsent(name, n -> new ArrayList<>()).add(figure.mean());
  }

  private static String line(List<String> cells) {
    StringBuilder line = new StringBuilder(String.format(Locale.ROOT, "%-26s", cells.get(0)));
    int width = cells.size() > 6 ? 9 : 13;
    for (String cell : cells.subList(1, cells.size())) {
      line.append(String.format(Locale.ROOT, "%" + width + "s", cell));
    }
    return line.toString();
  }
}
