package dev.attune.cli.bench;

import dev.attune.bench.BenchProgress;
import dev.attune.bench.Clock;
import dev.attune.bench.ModelBenchmark;
import dev.attune.bench.ModelBenchmark.Work;
import dev.attune.bench.ModelReport;
import dev.attune.bench.ModelSize;
import dev.attune.cli.CliException;
import dev.attune.cli.CommonOptions;
import dev.attune.cli.console.Console;
import dev.attune.cli.console.JsonReport;
import dev.attune.cli.console.Progress;
import dev.attune.model.engine.Precision;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code attune bench}: benchmarks, each beside its yardstick in the same run. */
@Command(name = "bench", description = "Measure speed, each figure beside its yardstick.")
public final class BenchCommand {
  private static final int QUICK_ROUNDS = 3;

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
    JsonReport.write(common.json(), report.json());
    if (options.report != null) {
      String name = report.json().get("benchmark") + ".";
      try {
        BenchSummary.page(report).write(options.report.resolve(name + "html"));
      } catch (IOException e) {
        throw new CliException("--report " + options.report + ": " + e.getMessage(), e);
      }
      JsonReport.write(options.report.resolve(name + "json"), report.json());
    }
    return 0;
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
