package dev.attune.cli.chaos;

import dev.attune.cli.CliException;
import dev.attune.cli.CommonOptions;
import dev.attune.cli.console.Console;
import dev.attune.cli.console.JsonReport;
import dev.attune.cli.stack.DemoBase;
import dev.attune.cli.stack.TemporaryFolder;
import dev.attune.scorer.kafka.Delivery;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code attune chaos}: kills processes at random under load, and counts everything. */
@Command(name = "chaos", description = "Kill processes at random under load, and count everything.")
public final class ChaosCommand {
  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help and exit.")
  boolean help;

  /** What every run takes. */
  static final class RunOptions {
    @Option(
        names = "--seed",
        paramLabel = "N",
        description =
            "Of what is sent, what is published and what is killed (default: ${DEFAULT-VALUE}).")
    private long seed = 1;

    @Option(
        names = "--max-minutes",
        paramLabel = "N",
        description = "A run that takes longer has failed (default: ${DEFAULT-VALUE}).")
    private int maxMinutes = 30;

    @Option(
        names = "--set",
        paramLabel = "KEY=VALUE",
        description = "A setting of the service's processes; may be repeated.")
    private Map<String, String> set = Map.of();

    @Option(
        names = "--keep",
        paramLabel = "DIR",
        description = "Work in DIR, which must be empty, and leave data and logs there.")
    private @Nullable Path keep;
  }

  /** What {@code chaos ingest} takes. */
  static final class IngestOptions {
    @Option(
        names = "--events",
        paramLabel = "N",
        description = "Records to send (default: ${DEFAULT-VALUE}).")
    private int events = 100_000;

    @Option(
        names = "--kills",
        paramLabel = "N",
        description = "Processes to kill meanwhile (default: ${DEFAULT-VALUE}).")
    private int kills = 20;

    @Option(
        names = "--brokers",
        paramLabel = "N",
        description = "Broker processes, at least 3 (default: ${DEFAULT-VALUE}).")
    private int brokers = 3;

    @Option(
        names = "--instances",
        paramLabel = "N",
        description = "Ingest processes (default: ${DEFAULT-VALUE}).")
    private int instances = 2;

    @Option(
        names = "--rate",
        paramLabel = "N",
        description = "Records a second (default: ${DEFAULT-VALUE}).")
    private int rate = 400;

    @Option(names = "--no-corrections", description = "Send no corrections and withdrawals.")
    private boolean noCorrections;

    private ChaosSettings settings(RunOptions run) {
      return new ChaosSettings(
          events,
          kills,
          brokers,
          instances,
          run.seed,
          rate,
          !noCorrections,
          minutes(run.maxMinutes),
          run.set);
    }
  }

  @Command(
      name = "ingest",
      description = {
        "Three brokers and two ingest processes on this machine; one of them after the other is",
        "killed (SIGKILL) while events come in. Afterwards every event that the brokers had",
        "acknowledged must be in exactly one bucket of each route. Fails if a single count is wrong."
      })
  int ingest(@Mixin CommonOptions common, @Mixin RunOptions run, @Mixin IngestOptions options)
      throws IOException, InterruptedException {
    Console console = common.console();
    ChaosResult result = in(run.keep, new IngestChaos(options.settings(run), console)::run);
    ChaosSummary.print(result, console);
    JsonReport.write(common.json(), result);
    if (result.problem() != null) {
      throw new CliException("chaos ingest: " + result.problem());
    }
    if (!result.ok()) {
      throw new CliException("chaos ingest: the counts are not right");
    }
    return 0;
  }

  /** What {@code chaos train} takes. */
  static final class TrainOptions {
    @Option(
        names = "--data",
        paramLabel = "DIR",
        description =
            "Learn from DIR/ukpconvarg and DIR/general (default: made-up events of four domains).")
    private @Nullable Path data;

    @Option(
        names = "--base",
        paramLabel = "DIR",
        description = "The base in Hugging Face layout (default: the demo's small one).")
    private @Nullable Path base;

    @Option(
        names = "--events",
        paramLabel = "N",
        description =
            "Events of domains; a twentieth more of general come before (default:"
                + " ${DEFAULT-VALUE}).")
    private int events = 3_000;

    @Option(
        names = "--kills",
        paramLabel = "N",
        description = "Processes to kill meanwhile (default: ${DEFAULT-VALUE}).")
    private int kills = 30;

    @Option(
        names = "--brokers",
        paramLabel = "N",
        description =
            "Broker processes: 1, which is not killed, or at least 3, of which some are (default:"
                + " ${DEFAULT-VALUE}).")
    private int brokers = 1;

    @Option(
        names = "--instances",
        paramLabel = "N",
        description = "Trainer processes (default: ${DEFAULT-VALUE}).")
    private int instances = 2;

    private TrainSettings settings(RunOptions run) {
      return new TrainSettings(
          data, events, kills, brokers, instances, run.seed, minutes(run.maxMinutes), run.set);
    }
  }

  @Command(
      name = "train",
      description = {
        "Two trainer processes learn rewards and users' states from the same buckets twice: once",
        "undisturbed, and once while they are killed (SIGKILL) one after the other. In fp32 with one",
        "thread, all models and all states must be the same to the bit, and every comparison must",
        "have been learned from once. Fails if anything differs."
      })
  int train(@Mixin CommonOptions common, @Mixin RunOptions run, @Mixin TrainOptions options)
      throws IOException, InterruptedException {
    Console console = common.console();
    Path base = options.base == null ? DemoBase.get(console) : options.base;
    TrainChaos chaos = new TrainChaos(options.settings(run), base, console);
    TrainResult result = in(run.keep, chaos::run);
    TrainSummary.print(result, console);
    JsonReport.write(common.json(), result);
    if (!result.ok()) {
      throw new CliException("chaos train: the two runs are not the same, or the counts not right");
    }
    return 0;
  }

  /** What {@code chaos score} takes. */
  static final class ScoreOptions {
    @Option(
        names = "--requests",
        paramLabel = "N",
        description = "Records to send (default: ${DEFAULT-VALUE}).")
    private int requests = 50_000;

    @Option(
        names = "--kills",
        paramLabel = "N",
        description = "Processes to kill meanwhile (default: ${DEFAULT-VALUE}).")
    private int kills = 20;

    @Option(
        names = "--leaves",
        paramLabel = "N",
        description =
            "Scorers that leave in good order meanwhile, and come back (default: ${DEFAULT-VALUE}).")
    private int leaves = 5;

    @Option(
        names = "--brokers",
        paramLabel = "N",
        description =
            "Broker processes: 1, which is not killed, or at least 3, of which some are (default:"
                + " ${DEFAULT-VALUE}).")
    private int brokers = 3;

    @Option(
        names = "--instances",
        paramLabel = "N",
        description = "Scorer processes (default: ${DEFAULT-VALUE}).")
    private int instances = 2;

    @Option(
        names = "--base",
        paramLabel = "DIR",
        description = "The base in Hugging Face layout (default: the demo's small one).")
    private @Nullable Path base;

    @Option(
        names = "--rate",
        paramLabel = "N",
        description = "Records a second (default: ${DEFAULT-VALUE}).")
    private int rate = 150;

    @Option(
        names = "--delivery",
        paramLabel = "MODE",
        description =
            "transactions (the default), or share: then a request may have more answers than one,"
                + " all of them right.")
    private Delivery delivery = Delivery.TRANSACTIONS;

    private ScoreChaosSettings settings(RunOptions run) {
      return new ScoreChaosSettings(
          requests,
          kills,
          leaves,
          brokers,
          instances,
          run.seed,
          rate,
          delivery,
          minutes(run.maxMinutes),
          run.set);
    }
  }

  @Command(
      name = "score",
      description = {
        "Three brokers and two scorers on this machine; one of them after the other is killed",
        "(SIGKILL) or leaves while requests, new models and new users' states come in. Afterwards",
        "every request that the brokers had acknowledged must have exactly one committed answer, and",
        "the right one; with --delivery share, one at least. Fails if a single count is wrong."
      })
  int score(@Mixin CommonOptions common, @Mixin RunOptions run, @Mixin ScoreOptions options)
      throws IOException, InterruptedException {
    Console console = common.console();
    ScoreChaosSettings settings = options.settings(run);
    Path base = options.base == null ? DemoBase.get(console) : options.base;
    ScoreChaosResult result = in(run.keep, new ScoreChaos(settings, base, console)::run);
    ScoreChaosSummary.print(result, console);
    JsonReport.write(common.json(), result);
    if (result.problem() != null) {
      throw new CliException("chaos score: " + result.problem());
    }
    if (!result.ok()) {
      throw new CliException("chaos score: the counts are not right");
    }
    return 0;
  }

  /** A run in a folder. */
  private interface Run<R> {
    R in(Path dir) throws IOException, InterruptedException;
  }

  private static <R> R in(@Nullable Path keep, Run<R> run)
      throws IOException, InterruptedException {
    if (keep != null) {
      requireEmpty(keep);
      return run.in(keep.toAbsolutePath());
    }
    try (TemporaryFolder folder = TemporaryFolder.create("attune-chaos")) {
      return run.in(folder.path());
    }
  }

  private static Duration minutes(int minutes) {
    if (minutes < 1) {
      throw new CliException("--max-minutes " + minutes + ": allowed is 1 or more");
    }
    return Duration.ofMinutes(minutes);
  }

  private static void requireEmpty(Path dir) throws IOException {
    Files.createDirectories(dir);
    try (Stream<Path> files = Files.list(dir)) {
      if (files.findAny().isPresent()) {
        throw new CliException("--keep " + dir + ": is not empty");
      }
    }
  }
}
