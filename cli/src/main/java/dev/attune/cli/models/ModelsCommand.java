package dev.attune.cli.models;

import dev.attune.cli.CliException;
import dev.attune.cli.CommonOptions;
import dev.attune.cli.cluster.ArtifactInventory;
import dev.attune.cli.cluster.ArtifactInventory.Held;
import dev.attune.cli.cluster.ClusterOptions;
import dev.attune.cli.cluster.KafkaCalls;
import dev.attune.cli.cluster.PublishedModels;
import dev.attune.cli.cluster.StoredArtifacts;
import dev.attune.cli.cluster.StoredArtifacts.Stored;
import dev.attune.cli.console.Console;
import dev.attune.cli.console.JsonReport;
import dev.attune.cli.console.Progress;
import dev.attune.cli.traffic.RecordSender;
import dev.attune.platform.KafkaSettings;
import dev.attune.schemas.ModelKeys;
import dev.attune.schemas.Topics;
import dev.attune.schemas.events.ModelVersion;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code attune models}: what is published and served, and choosing it by hand. */
@Command(
    name = "models",
    description =
        "List the published models, show where one comes from, hold or roll one back, clean up.",
    synopsisSubcommandLabel = "COMMAND")
public final class ModelsCommand implements Runnable {
  private static final Duration POLL = Duration.ofMillis(200);
  private static final String MODEL = "MODEL";
  private static final String MODEL_HELP =
      "general or domain/NAME, as 'list' shows it; of a domain its name is enough.";

  /** Longer than any trainer takes from storing an artifact to naming it. */
  private static final Duration YOUNGEST = Duration.ofMinutes(5);

  private static final String DRY_RUN = "--dry-run";
  private static final String DRY_RUN_HELP = "Only say what would be written.";

  @Spec private CommandSpec command;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help and exit.")
  boolean help;

  @Override
  public void run() {
    throw new ParameterException(
        command.commandLine(), "a command is missing: list, show, pin, unpin, rollback or clean");
  }

  @Command(
      name = "list",
      description = "Show each model's version, what is served of it and the gate's last word.")
  int list(@Mixin CommonOptions common, @Mixin ClusterOptions cluster) {
    ModelCatalogue catalogue = catalogue(cluster.kafka());
    Instant now = Instant.now();
    Console console = common.console();
    console.print(ModelReport.heading());
    List<Map<String, Object>> rows = new ArrayList<>();
    for (String name : catalogue.names()) {
      ModelVersion current = catalogue.current(name).orElseThrow();
      console.print(ModelReport.row(current, catalogue.served(name), now));
      rows.add(ModelReport.summary(current, catalogue.served(name), now));
    }
    JsonReport.write(common.json(), Map.of("models", rows));
    return 0;
  }

  @Command(
      name = "show",
      description = "Show where a model comes from, and whether its artifacts are all there.")
  int show(
      @Mixin CommonOptions common,
      @Mixin ClusterOptions cluster,
      @Parameters(paramLabel = MODEL, description = MODEL_HELP) String model,
      @Option(
              names = "--version",
              paramLabel = "N",
              description = "A version that was published (default: the newest checkpoint).")
          @Nullable Long version) {
    KafkaSettings kafka = cluster.kafka();
    ModelCatalogue catalogue = catalogue(kafka);
    VersionChoice choice = new VersionChoice(catalogue);
    String name = choice.name(model);
    ModelVersion shown = choice.shown(name, version);
    Map<String, Stored> stored =
        new StoredArtifacts(kafka).read(List.of(shown.getWeights(), shown.getState()));
    Stored weights = stored.get(shown.getWeights().getSha256());
    Stored state = stored.get(shown.getState().getSha256());
    Console console = common.console();
    ModelReport.print(console, shown, weights, state);
    console.printf("%-14s %s", "versions", choice.available(name));
    Map<String, Object> report = ModelReport.json(shown, weights, state);
    report.put("versions", List.copyOf(catalogue.versions(name).keySet()));
    report.put("served", catalogue.served(name).version());
    JsonReport.write(common.json(), report);
    return 0;
  }

  @Command(
      name = "pin",
      description =
          "Have a model served at a version until it is unpinned. Training goes on, and nothing new"
              + " is published.")
  int pin(
      @Mixin CommonOptions common,
      @Mixin ClusterOptions cluster,
      @Parameters(paramLabel = MODEL, description = MODEL_HELP) String model,
      @Option(
              names = "--version",
              paramLabel = "N",
              description = "The version (default: the one that is served).")
          @Nullable Long version,
      @Option(names = DRY_RUN, description = DRY_RUN_HELP) boolean dryRun) {
    KafkaSettings kafka = cluster.kafka();
    VersionChoice choice = new VersionChoice(catalogue(kafka));
    String name = choice.name(model);
    ModelVersion target = choice.toPin(name, version);
    requireArtifacts(kafka, target);
    if (!dryRun) {
      write(kafka, ModelKeys.pin(name), target);
    }
    common
        .console()
        .printf(
            "%s %s pinned at version %d", name, dryRun ? "would be" : "is", target.getVersion());
    JsonReport.write(common.json(), report(name, target.getVersion(), dryRun));
    return 0;
  }

  @Command(name = "unpin", description = "Have a model served at its newest version again.")
  int unpin(
      @Mixin CommonOptions common,
      @Mixin ClusterOptions cluster,
      @Parameters(paramLabel = MODEL, description = MODEL_HELP) String model,
      @Option(names = DRY_RUN, description = DRY_RUN_HELP) boolean dryRun) {
    return withdraw(common, cluster, model, ModelKeys::pin, "is not pinned", dryRun);
  }

  @Command(
      name = "rollback",
      description = {
        "Have a model served at an earlier version at once, and trained on from there.",
        "Waits until the trainer has taken it up. What the model learned since that version is"
            + " gone from it, and those events are not learned from again."
      })
  int rollback(
      @Mixin CommonOptions common,
      @Mixin ClusterOptions cluster,
      @Parameters(paramLabel = MODEL, description = MODEL_HELP) String model,
      @Option(
              names = "--to",
              paramLabel = "N",
              description = "The version (default: the one before what is served).")
          @Nullable Long version,
      @Option(
              names = "--cancel",
              description = "Take back a rollback that no trainer has taken up yet.")
          boolean cancel,
      @Option(names = "--no-wait", description = "Do not wait for the trainer.") boolean noWait,
      @Option(
              names = "--timeout",
              paramLabel = "SECONDS",
              defaultValue = "60",
              description = "How long to wait for the trainer (default: ${DEFAULT-VALUE}).")
          int timeout,
      @Option(names = DRY_RUN, description = DRY_RUN_HELP) boolean dryRun)
      throws InterruptedException {
    if (timeout < 1) {
      throw new ParameterException(command.commandLine(), "--timeout must be 1 or more");
    }
    if (cancel) {
      if (version != null) {
        throw new ParameterException(command.commandLine(), "--cancel takes no --to");
      }
      return withdraw(
          common, cluster, model, ModelKeys::rollback, "has no rollback that waits", dryRun);
    }
    KafkaSettings kafka = cluster.kafka();
    Console console = common.console();
    try (PublishedModels models = new PublishedModels(kafka)) {
      VersionChoice choice = new VersionChoice(new ModelCatalogue(models.refreshAll()));
      String name = choice.name(model);
      ModelVersion target = choice.toRollBack(name, version);
      requireArtifacts(kafka, target);
      Map<String, Object> report = report(name, target.getVersion(), dryRun);
      if (dryRun) {
        console.printf("%s would go back to version %d", name, target.getVersion());
      } else {
        write(kafka, ModelKeys.rollback(name), target);
        console.printf("%s is served at version %d", name, target.getVersion());
      }
      boolean wait = !dryRun && !noWait;
      if (wait) {
        await(models, name, target.getVersion(), Duration.ofSeconds(timeout), console);
        console.printf("the trainer goes on from version %d", target.getVersion());
      }
      report.put("taken_up", wait);
      JsonReport.write(common.json(), report);
    }
    return 0;
  }

  @Command(
      name = "clean",
      description = {
        "Delete artifacts that no manifest names.",
        "Trainers delete what they replace; this is for what one had stored that died before it"
            + " was committed."
      })
  int clean(
      @Mixin CommonOptions common,
      @Mixin ClusterOptions cluster,
      @Option(
              names = "--older-than",
              paramLabel = "AGE",
              defaultValue = "PT1H",
              description =
                  "Only those stored longer ago than this, PT5M at least: a trainer may be about to"
                      + " name younger ones (default: ${DEFAULT-VALUE}).")
          Duration olderThan,
      @Option(names = DRY_RUN, description = "Only say what would be deleted.") boolean dryRun) {
    if (olderThan.compareTo(YOUNGEST) < 0) {
      throw new ParameterException(
          command.commandLine(), "--older-than must be " + YOUNGEST + " or more");
    }
    KafkaSettings kafka = cluster.kafka();
    Instant before = Instant.now().minus(olderThan);
    List<Held> unnamed = unnamed(kafka, common.console());
    List<Held> old = unnamed.stream().filter(held -> held.newest().isBefore(before)).toList();
    if (!dryRun) {
      delete(kafka, old);
    }
    long bytes = old.stream().mapToLong(Held::bytes).sum();
    common
        .console()
        .printf(
            "%d artifacts of %,d bytes %s deleted, %d younger ones left",
            old.size(), bytes, dryRun ? "would be" : "are", unnamed.size() - old.size());
    Map<String, Object> report = new LinkedHashMap<>();
    report.put("artifacts", old.size());
    report.put("bytes", bytes);
    report.put("younger", unnamed.size() - old.size());
    report.put("dry_run", dryRun);
    JsonReport.write(common.json(), report);
    return 0;
  }

  /** Manifests come last: what they name was stored before them. */
  private static List<Held> unnamed(KafkaSettings kafka, Console console) {
    try (PublishedModels models = new PublishedModels(kafka);
        ArtifactInventory inventory = new ArtifactInventory(kafka);
        Progress ignored = console.progress("Looking through artifacts", "", -1)) {
      inventory.refresh();
      return inventory.unnamed(models.refreshAll().values());
    }
  }

  private static void delete(KafkaSettings kafka, List<Held> artifacts) {
    try (RecordSender sender = new RecordSender(kafka, "attune-models")) {
      List<CompletableFuture<?>> sent = new ArrayList<>();
      for (Held artifact : artifacts) {
        artifact.keys().forEach(key -> sent.add(sender.sendTombstone(Topics.ARTIFACTS, key)));
      }
      sent.forEach(CompletableFuture::join);
    } catch (CompletionException e) {
      throw KafkaCalls.failure(kafka, e);
    }
  }

  /** Takes back what an operator asked for, so that the model is served as it is trained. */
  private static int withdraw(
      CommonOptions common,
      ClusterOptions cluster,
      String model,
      UnaryOperator<String> key,
      String otherwise,
      boolean dryRun) {
    KafkaSettings kafka = cluster.kafka();
    Map<String, ModelVersion> byKey = manifests(kafka);
    String name = new VersionChoice(new ModelCatalogue(byKey)).name(model);
    if (byKey.remove(key.apply(name)) == null) {
      throw new CliException(name + " " + otherwise);
    }
    if (!dryRun) {
      write(kafka, key.apply(name), null);
    }
    long served = new ModelCatalogue(byKey).served(name).version();
    common.console().printf("%s %s served at version %d", name, dryRun ? "would be" : "is", served);
    JsonReport.write(common.json(), report(name, served, dryRun));
    return 0;
  }

  private static ModelCatalogue catalogue(KafkaSettings kafka) {
    return new ModelCatalogue(manifests(kafka));
  }

  private static Map<String, ModelVersion> manifests(KafkaSettings kafka) {
    try (PublishedModels models = new PublishedModels(kafka)) {
      return models.refreshAll();
    }
  }

  private static void requireArtifacts(KafkaSettings kafka, ModelVersion target) {
    Map<String, Stored> stored =
        new StoredArtifacts(kafka).read(List.of(target.getWeights(), target.getState()));
    for (Stored artifact : stored.values()) {
      if (!artifact.complete()) {
        throw new CliException(
            "%s version %d cannot be served again: of artifact %s"
                .formatted(target.getName(), target.getVersion(), ModelReport.artifact(artifact)));
      }
    }
  }

  /** The trainer deletes the request in the transaction in which it follows it. */
  private static void await(
      PublishedModels models, String name, long version, Duration limit, Console console)
      throws InterruptedException {
    long end = System.nanoTime() + limit.toNanos();
    try (Progress progress = console.progress("Waiting for the trainer", "", -1)) {
      while (new ModelCatalogue(models.refreshAll()).rollback(name).isPresent()) {
        if (System.nanoTime() > end) {
          throw new CliException(
              "%s is served at version %d, but no trainer has taken that up in %d s; the request stays, and the next one will"
                  .formatted(name, version, limit.toSeconds()));
        }
        progress.note("version " + version);
        Thread.sleep(POLL.toMillis());
      }
    }
  }

  private static void write(KafkaSettings kafka, String key, @Nullable ModelVersion value) {
    try (RecordSender sender = new RecordSender(kafka, "attune-models")) {
      CompletableFuture<?> sent =
          value == null
              ? sender.sendTombstone(Topics.MODELS, key)
              : sender.send(Topics.MODELS, key, value);
      sent.join();
    } catch (CompletionException e) {
      throw KafkaCalls.failure(kafka, e);
    }
  }

  private static Map<String, Object> report(String name, long version, boolean dryRun) {
    Map<String, Object> report = new LinkedHashMap<>();
    report.put("model", name);
    report.put("version", version);
    report.put("dry_run", dryRun);
    return report;
  }
}
