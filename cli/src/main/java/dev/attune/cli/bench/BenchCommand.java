package dev.attune.cli.bench;

import dev.attune.bench.BenchProgress;
import dev.attune.bench.Clock;
import dev.attune.bench.ModelBenchmark;
import dev.attune.bench.ModelBenchmark.Work;
import dev.attune.bench.ModelReport;
import dev.attune.bench.ModelSize;
import dev.attune.bench.ingest.IngestBenchmark;
import dev.attune.bench.ingest.IngestReport;
import dev.attune.cli.CliException;
import dev.attune.cli.CommonOptions;
import dev.attune.cli.console.Console;
import dev.attune.cli.console.JsonReport;
import dev.attune.cli.console.Progress;
import dev.attune.cli.freshness.FreshnessBenchmark;
import dev.attune.cli.freshness.FreshnessReport;
import dev.attune.cli.freshness.FreshnessSettings;
import dev.attune.cli.freshness.FreshnessSummary;
import dev.attune.cli.report.HtmlReport;
import dev.attune.cli.stack.DemoBase;
import dev.attune.cli.stack.TemporaryFolder;
import dev.attune.model.engine.Precision;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code attune bench}: benchmarks, each beside its yardstick in the same run. */
@Command(name = "bench", description = "Measure speed, each figure beside its yardstick.")
public final class BenchCommand {
  private static final int QUICK_ROUNDS = 3;
  private static final int QUICK_EVENTS = 20_000;
  private static final double QUICK_LATENCY_SECONDS = 4;
  private static final double LATENCY_SECONDS = 20;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help and exit.")
  boolean help;

  /** What both benchmarks take. */
  static final class ModelOptions {
    @Option(
        names = "--size",
        split = ",",
        paramLabel = "SIZE",
        description =
            "Sizes to measure, of ${COMPLETION-CANDIDATES} (default: small,medium,large). The"
                + " headline is medium's, or else the last one's.")
    private @Nullable List<ModelSize> sizes;

    @Option(
        names = "--rounds",
        paramLabel = "N",
        description =
            "Rounds of the headline; other sizes take a quarter, at least 5 (default:"
                + " ${DEFAULT-VALUE}).")
    private int rounds = 20;

    @Option(
        names = "--quick",
        description = "A tiny model and 3 rounds: seconds, to see that it works.")
    private boolean quick;

    @Option(
        names = "--precision",
        paramLabel = "P",
        description =
            "What the scripts compute in, of ${COMPLETION-CANDIDATES} (default: what is faster on"
                + " this machine). The yardstick computes in fp32.")
    private @Nullable Precision precision;

    @Option(
        names = "--clock",
        paramLabel = "C",
        description =
            "Of ${COMPLETION-CANDIDATES}; cpu counts the processor's time, for a machine that others"
                + " use meanwhile; with one thread (default: wall).")
    private Clock clock = Clock.WALL;

    @Option(
        names = "--report",
        paramLabel = "DIR",
        description = "Write a page with tables and bars, and the JSON, to DIR.")
    private @Nullable Path report;

    private ModelBenchmark.Settings settings() {
      if (rounds < 1) {
        throw new CliException("--rounds " + rounds + ": allowed is 1 or more");
      }
      List<ModelSize> wanted =
          sizes == null ? List.of(ModelSize.SMALL, ModelSize.MEDIUM, ModelSize.LARGE) : sizes;
      return new ModelBenchmark.Settings(
          quick ? List.of(ModelSize.TINY) : wanted,
          quick ? QUICK_ROUNDS : rounds,
          precision == null ? Precision.fastest() : precision,
          clock);
    }
  }

  @Command(
      name = "train",
      description = {
        "Training steps: tokens a second and the share of this machine's peak at three sizes with 1",
        "to 8 candidates, beside the same in plain fp32 array operations; the gain of sharing",
        "prompts; what many users and adapters in a batch cost. About ten minutes."
      })
  int train(@Mixin CommonOptions common, @Mixin ModelOptions options) {
    return run(Work.TRAIN, common, options);
  }

  @Command(
      name = "score",
      description = {
        "Rewards of replies: the figures of 'bench train' without learning. About five minutes."
      })
  int score(
      @Mixin CommonOptions common,
      @Mixin ModelOptions options,
      @Option(
              names = "--offline",
              required = true,
              description = "The forward pass alone, in this process, without a broker.")
          boolean offline) {
    return run(Work.SCORE, common, options);
  }

  /** What the benchmark of ingest takes. */
  static final class IngestOptions {
    @Option(
        names = "--events",
        paramLabel = "N",
        description = "Events in the topic that is read to its end (default: ${DEFAULT-VALUE}).")
    private int events = 100_000;

    @Option(
        names = "--rounds",
        paramLabel = "N",
        description = "Rounds that count; one more comes before (default: ${DEFAULT-VALUE}).")
    private int rounds = 7;

    @Option(
        names = "--instances",
        split = ",",
        paramLabel = "N",
        description = "Also compare so many instances of ingest on three brokers, such as 1,2,4.")
    private List<Integer> instances = List.of();

    @Option(
        names = "--quick",
        description =
            "20,000 events, 1 round, latency at the low rate only: half a minute, to see that it"
                + " works.")
    private boolean quick;

    @Option(
        names = "--report",
        paramLabel = "DIR",
        description = "Write a page with tables and bars, and the JSON, to DIR.")
    private @Nullable Path report;

    private IngestBenchmark.Settings settings(Path dir) {
      try {
        return quick
            ? new IngestBenchmark.Settings(
                QUICK_EVENTS, 0, 1, QUICK_LATENCY_SECONDS, false, instances, dir)
            : new IngestBenchmark.Settings(
                events, 1, rounds, LATENCY_SECONDS, true, instances, dir);
      } catch (IllegalArgumentException e) {
        throw new CliException("--events, --rounds, --instances: " + e.getMessage(), e);
      }
    }
  }

  @Command(
      name = "ingest",
      description = {
        "Events a second through ingest on an embedded broker, beside a topology that passes them",
        "on with the same guarantee and a plain loop; the time from an event to its committed",
        "bucket; what more instances gain. About ten minutes."
      })
  int ingest(@Mixin CommonOptions common, @Mixin IngestOptions options) {
    Console console = common.console();
    IngestReport report;
    try (TemporaryFolder folder = TemporaryFolder.create("attune-bench");
        Bars bars = new Bars(console)) {
      report = IngestBenchmark.run(options.settings(folder.path()), bars);
    } catch (IOException e) {
      throw new CliException("the brokers' folder: " + e.getMessage(), e);
    } catch (IllegalStateException | KafkaException e) {
      throw new CliException("the benchmark has failed: " + e.getMessage(), e);
    }
    IngestSummary.print(report, console);
    write(common, options.report, report.json(), IngestSummary.page(report));
    return 0;
  }

  /** What the benchmark of freshness takes. */
  static final class FreshnessOptions {
    @Option(
        names = "--base",
        paramLabel = "DIR",
        description = "The base in Hugging Face layout (default: the demo's small one).")
    private @Nullable Path base;

    @Option(
        names = "--rate",
        paramLabel = "N",
        description = "Events a second (default: ${DEFAULT-VALUE}).")
    private int rate = 50;

    @Option(
        names = "--warm-up",
        paramLabel = "N",
        description = "Seconds before the measurement (default: ${DEFAULT-VALUE}).")
    private int warmUp = 20;

    @Option(
        names = "--seconds",
        paramLabel = "N",
        description = "Seconds of the measurement (default: ${DEFAULT-VALUE}).")
    private int seconds = 60;

    @Option(
        names = "--users",
        paramLabel = "N",
        description = "Users who take turns (default: ${DEFAULT-VALUE}).")
    private int users = 200;

    @Option(
        names = "--sample-every",
        paramLabel = "N",
        description =
            "Of so many events a score is asked for after one (default: ${DEFAULT-VALUE}).")
    private int sampleEvery = 10;

    @Option(
        names = "--seed",
        paramLabel = "N",
        description = "Of users, texts and choices (default: ${DEFAULT-VALUE}).")
    private long seed = 1;

    @Option(
        names = "--set",
        paramLabel = "KEY=VALUE",
        description = "A setting of the services; may be repeated.")
    private Map<String, String> set = Map.of();

    private FreshnessSettings settings(Console console) {
      return new FreshnessSettings(
          base == null ? DemoBase.get(console) : base,
          rate,
          warmUp,
          seconds,
          users,
          sampleEvery,
          seed,
          set);
    }
  }

  @Command(
      name = "freshness",
      description = {
        "Everything on an embedded broker, with users who say 50 times a second which of two scored",
        "replies they prefer: the time until that is in their scores and in their rows, and until",
        "the gate has decided on a domain's new version. Beside it, a record's way through a loop",
        "that copies it exactly once. About three minutes."
      })
  int freshness(@Mixin CommonOptions common, @Mixin FreshnessOptions options)
      throws IOException, InterruptedException {
    Console console = common.console();
    FreshnessReport report;
    try (TemporaryFolder folder = TemporaryFolder.create("attune-bench")) {
      report = new FreshnessBenchmark(options.settings(console), console).run(folder.path());
    }
    FreshnessSummary.print(report, console);
    JsonReport.write(common.json(), report.json());
    return 0;
  }

  @Command(
      name = "users",
      description = {
        "Writes the states of many users to an embedded broker and has a trainer take them up: bytes",
        "a user in the topic and in the store on disk, the time, and the memory. Some minutes."
      })
  int users(
      @Mixin CommonOptions common,
      @Option(
              names = "--users",
              paramLabel = "N",
              description = "How many (default: ${DEFAULT-VALUE}).",
              defaultValue = "1000000")
          int users,
      @Option(
              names = "--base",
              paramLabel = "DIR",
              description = "Any base: a trainer has one (default: the demo's small one).")
          @Nullable Path base)
      throws IOException, InterruptedException {
    Console console = common.console();
    UsersReport report;
    try (TemporaryFolder folder = TemporaryFolder.create("attune-bench")) {
      Path used = base == null ? DemoBase.get(console) : base;
      report = new UsersBenchmark(users, used, console).run(folder.path());
    }
    report.print(console);
    JsonReport.write(common.json(), report.json());
    return 0;
  }

  private static int run(Work work, CommonOptions common, ModelOptions options) {
    Console console = common.console();
    ModelBenchmark.Settings settings = options.settings();
    ModelReport report;
    try (Bars bars = new Bars(console)) {
      report = ModelBenchmark.run(work, settings, bars);
    } catch (IllegalArgumentException e) {
      throw new CliException("--clock: " + e.getMessage(), e);
    }
    BenchSummary.print(report, console);
    write(common, options.report, report.json(), BenchSummary.page(report));
    return 0;
  }

  private static void write(
      CommonOptions common, @Nullable Path dir, Map<String, Object> json, HtmlReport page) {
    JsonReport.write(common.json(), json);
    if (dir != null) {
      String name = json.get("benchmark") + ".";
      try {
        page.write(dir.resolve(name + "html"));
      } catch (IOException e) {
        throw new CliException("--report " + dir + ": " + e.getMessage(), e);
      }
      JsonReport.write(dir.resolve(name + "json"), json);
    }
  }

  /** Shows one measurement after the other. */
  private static final class Bars implements BenchProgress, AutoCloseable {
    private final Console console;
    private @Nullable Progress current;

    Bars(Console console) {
      this.console = console;
    }

    @Override
    public void begin(String task, int rounds) {
      close();
      current = console.progress(task, "rounds", rounds);
    }

    @Override
    public void done(int rounds) {
      if (current != null) {
        current.to(rounds);
      }
    }

    @Override
    public void close() {
      if (current != null) {
        current.close();
      }
    }
  }
}
