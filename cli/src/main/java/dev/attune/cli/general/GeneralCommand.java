package dev.attune.cli.general;

import dev.attune.cli.CliException;
import dev.attune.cli.CommonOptions;
import dev.attune.cli.cluster.ClusterOptions;
import dev.attune.cli.cluster.PublishedModels;
import dev.attune.cli.console.Console;
import dev.attune.cli.console.JsonReport;
import dev.attune.cli.console.Progress;
import dev.attune.cli.imports.EventSource;
import dev.attune.cli.imports.ImportFormat;
import dev.attune.cli.imports.Importer;
import dev.attune.platform.KafkaSettings;
import dev.attune.schemas.Domains;
import dev.attune.schemas.events.ModelVersion;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code attune general}: the general reward model. */
@Command(name = "general", description = "Train the general reward model (stage 2).")
public final class GeneralCommand {
  private static final Duration POLL = Duration.ofMillis(500);

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help and exit.")
  boolean help;

  @Command(
      name = "train",
      description = {
        "Send general preference data through the running system, and wait until the trainer has"
            + " published a general model that has taken up all of it.",
        "Importing it again changes nothing: its events are known."
      })
  int train(
      @Mixin CommonOptions common,
      @Mixin ClusterOptions cluster,
      @Option(
              names = "--data",
              required = true,
              paramLabel = "DIR",
              description = "The folder with text and score JSON files, or with a folder general/.")
          Path data,
      @Option(
              names = "--patience",
              paramLabel = "SECONDS",
              defaultValue = "120",
              description =
                  "Give up after so many seconds without news (default: ${DEFAULT-VALUE}).")
          int patience)
      throws InterruptedException {
    if (patience < 1) {
      throw new CliException("--patience must be 1 or more");
    }
    if (!Files.isDirectory(data)) {
      throw new CliException("--data " + data + ": no such folder");
    }
    Path folder = Files.isDirectory(data.resolve("general")) ? data.resolve("general") : data;
    Duration limit = Duration.ofSeconds(patience);
    Console console = common.console();
    KafkaSettings kafka = cluster.kafka();
    Map<String, Object> report = new LinkedHashMap<>();
    try (PublishedModels models = new PublishedModels(kafka);
        Importer importer = Importer.accounting(kafka, Double.POSITIVE_INFINITY)) {
      long before = comparisons(models);
      importer.send(
          ImportFormat.pairs,
          List.of(folder),
          new EventSource(null, Clock.systemUTC()),
          Long.MAX_VALUE,
          console);
      Importer.Accounts accounts = importer.await(limit, console);
      report.put("events_sent", importer.sent());
      report.put("events_accepted", accounts.accepted());
      report.put("events_rejected", accounts.rejected());
      report.put("events_quarantined", accounts.quarantined());
      report.put("events_duplicate", accounts.duplicate());
      await(models, before, accounts.comparisons(), limit, console);
      ModelVersion model = models.refresh().get(Domains.GENERAL);
      if (model != null) {
        report.put("version", model.getVersion());
        report.put("comparisons_trained", model.getComparisons());
        report.put("steps", model.getSteps());
        report.put("metrics", model.getMetrics());
        console.printf(
            "general version %d: %d comparisons in %d steps",
            model.getVersion(), model.getComparisons(), model.getSteps());
      }
    }
    JsonReport.write(common.json(), report);
    return 0;
  }

  private static long comparisons(PublishedModels models) {
    @Nullable ModelVersion model = models.refresh().get(Domains.GENERAL);
    return model == null ? 0 : PublishedModels.comparisons(model);
  }

  private static void await(
      PublishedModels models, long before, long more, Duration patience, Console console)
      throws InterruptedException {
    try (Progress progress = console.progress("Training the general model", "comparisons", more)) {
      long done = 0;
      long giveUpAt = System.nanoTime() + patience.toNanos();
      while (done < more) {
        long now = comparisons(models) - before;
        if (now > done) {
          done = now;
          giveUpAt = System.nanoTime() + patience.toNanos();
          progress.to(done);
        } else if (System.nanoTime() > giveUpAt) {
          throw new CliException(
              "the trainer has taken up %d of %d comparisons, and nothing for %d s; is it running?"
                  .formatted(done, more, patience.toSeconds()));
        }
        Thread.sleep(POLL.toMillis());
      }
    }
  }
}
