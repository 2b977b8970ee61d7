package dev.attune.cli.quarantine;

import static java.util.stream.Collectors.counting;
import static java.util.stream.Collectors.groupingBy;

import dev.attune.cli.CommonOptions;
import dev.attune.cli.cluster.ClusterOptions;
import dev.attune.cli.console.Console;
import dev.attune.cli.console.JsonReport;
import dev.attune.ingest.admission.QuarantineReason;
import dev.attune.platform.KafkaSettings;
import dev.attune.schemas.events.Position;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code attune quarantine}: what ingest holds back, and letting it pass. Never shows texts. */
@Command(
    name = "quarantine",
    description = "List the events that ingest holds back, and release them.",
    synopsisSubcommandLabel = "COMMAND")
public final class QuarantineCommand implements Runnable {
  private static final Comparator<QuarantinedEvent> NEWEST_FIRST =
      Comparator.comparing(QuarantinedEvent::receivedAt).reversed();

  @Spec private CommandSpec command;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help and exit.")
  boolean help;

  @Override
  public void run() {
    throw new ParameterException(command.commandLine(), "a command is missing: list or release");
  }

  /** Which events are to be released: exactly one of these. */
  static final class Selection {
    @Option(names = "--user", paramLabel = "ID", description = "All of this user.")
    @Nullable String user;

    @Option(
        names = "--reason",
        paramLabel = "REASON",
        description = "All with this reason: ${COMPLETION-CANDIDATES}.")
    @Nullable QuarantineReason reason;

    @Option(
        names = "--position",
        paramLabel = "TOPIC-PARTITION-OFFSET",
        description = "The one whose original record is there, as 'list' shows it; repeatable.")
    @Nullable List<String> positions;

    @Option(names = "--all", description = "All.")
    boolean all;

    Predicate<QuarantinedEvent> predicate() {
      return event ->
          all
              || event.userId().equals(user)
              || (reason != null && event.reason().equals(reason.name()))
              || (positions != null && positions.contains(event.position()));
    }
  }

  @Command(
      name = "list",
      description = "Show the events that are held back, the newest first; no texts.")
  int list(
      @Mixin CommonOptions common,
      @Mixin ClusterOptions cluster,
      @Option(names = "--user", paramLabel = "ID", description = "Only this user's.")
          @Nullable String user,
      @Option(
              names = "--reason",
              paramLabel = "REASON",
              description = "Only those with this reason: ${COMPLETION-CANDIDATES}.")
          @Nullable QuarantineReason reason,
      @Option(
              names = "--since",
              paramLabel = "TIME",
              description =
                  "Only those received since then: an instant such as 2026-03-01T12:00:00Z, or an"
                      + " age such as PT2H.")
          @Nullable String since,
      @Option(
              names = "--limit",
              paramLabel = "N",
              defaultValue = "100",
              description = "Show at most N; the sums are of all (default: ${DEFAULT-VALUE}).")
          int limit) {
    if (limit < 0) {
      throw new ParameterException(command.commandLine(), "--limit must be 0 or more");
    }
    Instant from = since == null ? Instant.MIN : instant(since);
    List<QuarantinedEvent> events =
        new Quarantine(cluster.kafka())
            .read(
                event ->
                    (user == null || event.userId().equals(user))
                        && (reason == null || event.reason().equals(reason.name()))
                        && !event.receivedAt().isBefore(from));
    List<QuarantinedEvent> shown = events.stream().sorted(NEWEST_FIRST).limit(limit).toList();
    Console console = common.console();
    shown.forEach(event -> console.print(line(event)));
    long released = events.stream().filter(QuarantinedEvent::released).count();
    console.print("%,d quarantined, %,d of them released".formatted(events.size(), released));
    Map<String, Object> report = new LinkedHashMap<>();
    report.put("quarantined", events.size());
    report.put("released", released);
    report.put("by_reason", byReason(events));
    report.put("events", shown.stream().map(QuarantineCommand::row).toList());
    JsonReport.write(common.json(), report);
    return 0;
  }

  @Command(
      name = "release",
      description =
          "Let events pass that are held back. Ingest then takes them like new ones, without asking"
              + " for abuse again; what was released before is left out.")
  int release(
      @Mixin CommonOptions common,
      @Mixin ClusterOptions cluster,
      @ArgGroup(multiplicity = "1") Selection selection,
      @Option(
              names = "--within",
              paramLabel = "AGE",
              defaultValue = "PT24H",
              description =
                  "Only those received within this time, ingest.deduplication-window: of older ones"
                      + " ingest cannot know whether they were withdrawn or sent again since"
                      + " (default: ${DEFAULT-VALUE}).")
          Duration within,
      @Option(names = "--dry-run", description = "Only say what would be released.")
          boolean dryRun) {
    KafkaSettings kafka = cluster.kafka();
    List<QuarantinedEvent> selected = new Quarantine(kafka).read(selection.predicate());
    Instant from = Instant.now().minus(within);
    Set<Position> once = new HashSet<>();
    List<QuarantinedEvent> events = new ArrayList<>();
    long old = 0;
    for (QuarantinedEvent event : selected) {
      if (!event.released() && once.add(event.source())) {
        if (event.receivedAt().isBefore(from)) {
          old++;
        } else {
          events.add(event);
        }
      }
    }
    long before = selected.stream().filter(QuarantinedEvent::released).count();
    Console console = common.console();
    if (dryRun) {
      events.forEach(event -> console.print(line(event)));
    }
    long sent = dryRun ? 0 : new Release(kafka).send(events);
    console.print(
        "%,d %s, %,d were released before, %,d are older than %s"
            .formatted(
                events.size(), dryRun ? "would be released" : "released", before, old, within));
    Map<String, Object> report = new LinkedHashMap<>();
    report.put("selected", events.size());
    report.put("released", sent);
    report.put("released_before", before);
    report.put("too_old", old);
    report.put("by_reason", byReason(events));
    report.put("dry_run", dryRun);
    JsonReport.write(common.json(), report);
    return 0;
  }

  private Instant instant(String since) {
    try {
      return since.startsWith("P")
          ? Instant.now().minus(Duration.parse(since))
          : Instant.parse(since);
    } catch (DateTimeParseException e) {
      throw new ParameterException(
          command.commandLine(),
          "--since " + since + ": no instant such as 2026-03-01T12:00:00Z, nor an age such as PT2H",
          e);
    }
  }

  private static Map<String, Long> byReason(List<QuarantinedEvent> events) {
    return events.stream().collect(groupingBy(QuarantinedEvent::reason, TreeMap::new, counting()));
  }

  private static String line(QuarantinedEvent event) {
    return "%s %s %s user=%s%s: %s"
        .formatted(
            event.position(),
            event.receivedAt(),
            event.reason(),
            event.userId(),
            event.released() ? " released" : "",
            event.message());
  }

  private static Map<String, Object> row(QuarantinedEvent event) {
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("position", event.position());
    row.put("received_at", event.receivedAt().toString());
    row.put("reason", event.reason());
    row.put("message", event.message());
    row.put("user", event.userId());
    row.put("released", event.released());
    return row;
  }
}
