package dev.attune.cli.imports;

import dev.attune.cli.CliException;
import dev.attune.cli.CommonOptions;
import dev.attune.cli.cluster.ClusterOptions;
import dev.attune.cli.console.Console;
import dev.attune.cli.console.JsonReport;
import dev.attune.platform.KafkaSettings;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code attune import}: data sets as preference events. */
@Command(
    name = "import",
    description = "Send a data set as preference events.",
    footer = {
      "",
      "Event ids are made from the rows, so importing the same data again gives duplicates, not"
          + " more events."
    })
public final class ImportCommand implements Callable<Integer> {
  @Mixin private CommonOptions common;
  @Mixin private ClusterOptions cluster;
  @Spec private CommandSpec command;

  @Option(
      names = "--format",
      required = true,
      paramLabel = "FORMAT",
      description = "One of ${COMPLETION-CANDIDATES}.")
  private ImportFormat format;

  @Parameters(
      arity = "1..*",
      paramLabel = "PATH",
      description = "Files or folders: dsp and pairs take either, ukp and polis the folder.")
  private List<Path> paths;

  @ArgGroup private @Nullable Pace pace;

  static final class Pace {
    @Option(names = "--rate", paramLabel = "N", description = "Events a second.")
    private @Nullable Double rate;

    @Option(names = "--as-fast-as-possible", description = "Without pause (the default).")
    @SuppressWarnings("UnusedVariable") // says aloud what happens without --rate, and excludes it
    private boolean unlimited;
  }

  @Option(
      names = "--domain",
      paramLabel = "DOMAIN",
      description = "Put all events into this domain instead of the data's own.")
  private @Nullable String domain;

  @Option(names = "--limit", paramLabel = "N", description = "Send N events at most.")
  private @Nullable Long limit;

  @Option(
      names = "--wait",
      description = "Wait until ingest has accounted for every event, and print the counts.")
  private boolean wait;

  @Option(
      names = "--patience",
      paramLabel = "SECONDS",
      defaultValue = "60",
      description =
          "With --wait: give up after so many seconds without news (default: ${DEFAULT-VALUE}).")
  private int patience;

  @Override
  public Integer call() {
    double perSecond = pace == null || pace.rate == null ? Double.POSITIVE_INFINITY : pace.rate;
    require(perSecond > 0, "--rate must be more than 0");
    require(limit == null || limit > 0, "--limit must be more than 0");
    require(patience > 0, "--patience must be more than 0");
    for (Path path : paths) {
      if (Files.notExists(path)) {
        throw new CliException(path + ": no such file or folder");
      }
    }
    Console console = common.console();
    KafkaSettings kafka = cluster.kafka();
    long startedAt = System.nanoTime();
    Map<String, Object> report = new LinkedHashMap<>();
    try (Importer importer =
        wait ? Importer.accounting(kafka, perSecond) : Importer.sending(kafka, perSecond)) {
      importer.send(
          format,
          paths,
          new EventSource(domain, Clock.systemUTC()),
          limit == null ? Long.MAX_VALUE : limit,
          console);
      report.put("events_sent", importer.sent());
      report.put("rows_skipped", importer.skipped());
      console.printf("sent %d", importer.sent());
      importer.skipped().forEach((reason, n) -> console.printf("skipped %d: %s", n, reason));
      if (wait) {
        Importer.Accounts accounts = importer.await(Duration.ofSeconds(patience), console);
        report.put("events_accepted", accounts.accepted());
        report.put("events_rejected", accounts.rejected());
        report.put("events_quarantined", accounts.quarantined());
        report.put("events_duplicate", accounts.duplicate());
        report.put("comparisons", accounts.comparisons());
        report.put("judgements", accounts.judgements());
        report.put("rejected_by_reason", accounts.rejectedByReason());
        report.put("quarantined_by_reason", accounts.quarantinedByReason());
        console.printf(
            "accepted %d (%d comparisons, %d judgements), rejected %d, quarantined %d, duplicate %d",
            accounts.accepted(),
            accounts.comparisons(),
            accounts.judgements(),
            accounts.rejected(),
            accounts.quarantined(),
            accounts.duplicate());
        accounts
            .rejectedByReason()
            .forEach((reason, n) -> console.printf("rejected %d: %s", n, reason));
        accounts
            .quarantinedByReason()
            .forEach((reason, n) -> console.printf("quarantined %d: %s", n, reason));
      }
    }
    report.put("seconds", (System.nanoTime() - startedAt) / 1e9);
    JsonReport.write(common.json(), report);
    return 0;
  }

  private void require(boolean met, String problem) {
    if (!met) {
      throw new ParameterException(command.commandLine(), problem);
    }
  }
}
