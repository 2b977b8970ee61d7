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
import dev.attune.cli.serving.ServingBenchmark;
import dev.attune.cli.serving.ServingReport;
import dev.attune.cli.serving.ServingSettings;
import dev.attune.cli.serving.ServingSummary;
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
  private static final int ROUNDS = 20;
  private static final int QUICK_ROUNDS = 3;
  private static final int SERVING_ROUNDS = 5;
  private static final double SERVING_SECONDS = 5;
  private static final double QUICK_SERVING_SECONDS = .5;
  private static final List<Integer> CONCURRENT = List.of(1, 4, 16, 64);
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
            "Rounds of the headline; other sizes take a quarter, at least 5 (default: 20; through"
                + " the topics all take so many, 5).")
    private @Nullable Integer rounds;

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
    private @Nullable Clock clock;

    @Option(
        names = "--report",
        paramLabel = "DIR",
        description = "Write a page with tables and bars, and the JSON, to DIR.")
    private @Nullable Path report;

    private ModelBenchmark.Settings settings() {
      int all = rounds == null ? ROUNDS : rounds;
      if (all < 1) {
        throw new CliException("--rounds " + all + ": allowed is 1 or more");
      }
      List<ModelSize> wanted =
          sizes == null ? List.of(ModelSize.SMALL, ModelSize.MEDIUM, ModelSize.LARGE) : sizes;
      return new ModelBenchmark.Settings(
          quick ? List.of(ModelSize.TINY) : wanted,
          quick ? QUICK_ROUNDS : all,
          precision == null ? Precision.fastest() : precision,
          clock == null ? Clock.WALL : clock);
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

  /** What the benchmark of serving takes beside that. */
  static final class ServingOptions {
    @Option(
        names = "--offline",
        description =
            "The forward pass alone, of models with random weights, in this process, without a"
                + " broker.")
    private boolean offline;

    @Option(
        names = "--base",
        paramLabel = "DIR",
        description = "The base in Hugging Face layout (default: the demo's small one).")
    private @Nullable Path base;

    @Option(
        names = "--seconds",
        paramLabel = "N",
        description = "Seconds of one measurement (default: 5).")
    private @Nullable Double seconds;

    @Option(
        names = "--concurrent",
        split = ",",
        paramLabel = "N",
        description =
            "Requests at a time, a row each (default: 1,4,16,64). The headline is 16's, or else the"
                + " last one's.")
    private @Nullable List<Integer> concurrent;

    @Option(
        names = "--set",
        paramLabel = "KEY=VALUE",
        description = "A setting of the scorer; may be repeated.")
    private Map<String, String> set = Map.of();

    private ServingSettings settings(ModelOptions options, Console console) {
      refuse("--size", options.sizes != null, "needs --offline");
      refuse("--clock", options.clock != null, "needs --offline");
      int rounds = options.rounds == null ? SERVING_ROUNDS : options.rounds;
      return new ServingSettings(
          base == null ? DemoBase.get(console) : base,
          options.precision == null ? Precision.fastest() : options.precision,
          concurrent == null ? CONCURRENT : concurrent,
          options.quick ? QUICK_SERVING_SECONDS : seconds == null ? SERVING_SECONDS : seconds,
          options.quick ? 1 : rounds,
          set);
    }

    private void refuseWithoutTopics() {
      String why = "is not for --offline";
      refuse("--base", base != null, why);
      refuse("--seconds", seconds != null, why);
      refuse("--concurrent", concurrent != null, why);
      refuse("--set", !set.isEmpty(), why);
    }

    private static void refuse(String option, boolean given, String why) {
      if (given) {
        throw new CliException(option + " " + why);
      }
    }
  }

  @Command(
      name = "score",
      description = {
        "Requests a second through broker and scorer, and their latency, with 1 to 64 at a time, of",
        "one user and of many, and while models change; beside the same model that scores one",
        "candidate a pass, and in whole batches without topics. About seven minutes. With --offline",
        "the figures of 'bench train' without learning."
      })
  int score(@Mixin CommonOptions common, @Mixin ModelOptions options, @Mixin ServingOptions serving)
      throws IOException, InterruptedException {
    if (serving.offline) {
      serving.refuseWithoutTopics();
      return run(Work.SCORE, common, options);
    }
    Console console = common.console();
    ServingReport report;
    try (TemporaryFolder folder = TemporaryFolder.create("attune-bench")) {
      ServingSettings settings = serving.settings(options, console);
      report = new ServingBenchmark(settings, console).run(folder.path());
    }
    ServingSummary.print(report, console);
    write(common, options.report, report.json(), ServingSummary.page(report));
    return 0;
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
        description =
            "The base in Hugging Face layout (default: a tiny one, which two cores can train at"
                + " this rate).")
    private @Nullable Path base;

    @Option(
        names = "--rate",
        paramLabel = "N",
        description = "Events a second (default: ${DEFAULT-VALUE}).")
    private int rate = 50;

    @Option(
        names = "--first-events",
        paramLabel = "N",
        description =
            "Events before all else, until a policy with rows has learned from them; 0 leaves them"
                + " out (default: ${DEFAULT-VALUE}).")
    private int firstEvents = 600;

    @Option(
        names = "--warm-up",
        paramLabel = "N",
        description = "Seconds before the measurement (default: ${DEFAULT-VALUE}).")
    private int warmUp = 60;

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
          base == null ? DemoBase.tiny(console) : base,
          rate,
          firstEvents,
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
        "that copies it exactly once. About four minutes."
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
