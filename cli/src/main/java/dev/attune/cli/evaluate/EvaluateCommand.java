package dev.attune.cli.evaluate;

import dev.attune.cli.CliException;
import dev.attune.cli.CommonOptions;
import dev.attune.cli.console.Console;
import dev.attune.cli.console.JsonReport;
import dev.attune.cli.personalize.PersonalizedCommand;
import dev.attune.cli.report.HtmlReport;
import dev.attune.cli.stack.BaseCache;
import dev.attune.cli.stack.LocalStack;
import dev.attune.cli.stack.StackConfig;
import dev.attune.cli.stack.TemporaryFolder;
import dev.attune.cli.stream.StreamCommand;
import dev.attune.model.lm.Stage1Config;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code attune evaluate}: the papers' experiments on data of the user's. */
@Command(
    name = "evaluate",
    description = "Repeat the papers' experiments, as tables.",
    subcommands = {PersonalizedCommand.class, StreamCommand.class})
public final class EvaluateCommand {
  private static final Duration START_LIMIT = Duration.ofMinutes(2);

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help and exit.")
  boolean help;

  @Command(
      name = "customized",
      description = {
        "Teach general and then domain-specific preferences through the whole system, and print"
            + " the",
        "accuracy of the rewards on queries held out, before and after, beside simple floors.",
        "The base and its tokenizer are trained on the training part first, and cached.",
        "With --offline the same is done in one process without Kafka, for the strategies of"
            + " keeping",
        "general ability side by side, and for the best of them with three seeds."
      })
  int customized(
      @Mixin CommonOptions common,
      @Option(
              names = "--data",
              required = true,
              paramLabel = "DIR",
              description =
                  "The data folder: dsp/domain_specific_preference.json and general/helpful.json,"
                      + " harmless.json, webgpt.json.")
          Path folder,
      @Option(
              names = "--test",
              paramLabel = "DIR",
              description =
                  "A test set laid out alike; then all of --data trains. Without it the data is"
                      + " split 80/20 by query.")
          @Nullable Path test,
      @Option(
              names = "--seed",
              paramLabel = "N",
              defaultValue = "1",
              description =
                  "Of the split, the order of the events and the base (default: ${DEFAULT-VALUE});"
                      + " with --offline the first of three.")
          long seed,
      @Option(
              names = "--offline",
              description = "Train and score in this process, the strategies side by side.")
          boolean offline,
      @Option(
              names = "--report",
              paramLabel = "DIR",
              description = "Write customized.html and customized.json to DIR.")
          @Nullable Path report)
      throws IOException, InterruptedException {
    Console console = common.console();
    if (offline) {
      OfflineResult compared =
          new OfflineEvaluation(
                  folder,
                  test,
                  seed,
                  OfflineRecipe.defaults(),
                  BaseCache.standard(console),
                  console)
              .run();
      OfflineSummary summary = new OfflineSummary(compared);
      summary.print(console);
      write(common, report, summary.page(), compared.json());
      return 0;
    }
    CustomizedData data = CustomizedData.read(folder, test, seed);
    long start = System.nanoTime();
    Path base =
        BaseCache.standard(console)
            .get(data.trainingDialogues(), Stage1Config.evaluation(seed), console);
    double stage1 = (System.nanoTime() - start) / 1e9;
    CustomizedResult result;
    try (TemporaryFolder work = TemporaryFolder.create("attune-evaluate");
        LocalStack stack =
            LocalStack.start(
                StackConfig.onFreePorts(work.path(), base.toAbsolutePath())
                    // What is measured is the learning of reward models, all of it.
                    .with("trainer.pipelines", "rewards")
                    .with("trainer.gate.enabled", "false"),
                console)) {
      stack.awaitReady(START_LIMIT);
      try (CustomizedEvaluation evaluation = new CustomizedEvaluation(data, seed, stack, console)) {
        result = evaluation.run(stage1);
      }
    }
    CustomizedSummary.print(result, console);
    write(common, report, CustomizedSummary.page(result), result.json());
    return 0;
  }

  private static void write(
      CommonOptions common, @Nullable Path report, HtmlReport page, Map<String, ?> json) {
    JsonReport.write(common.json(), json);
    if (report != null) {
      try {
        page.write(report.resolve("customized.html"));
      } catch (IOException e) {
        throw new CliException("--report " + report + ": " + e.getMessage(), e);
      }
      JsonReport.write(report.resolve("customized.json"), json);
    }
  }
}
