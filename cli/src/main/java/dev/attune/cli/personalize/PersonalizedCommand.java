package dev.attune.cli.personalize;

import dev.attune.cli.CliException;
import dev.attune.cli.CommonOptions;
import dev.attune.cli.console.Console;
import dev.attune.cli.console.JsonReport;
import dev.attune.cli.evaluate.CustomizedData;
import dev.attune.cli.stack.BaseCache;
import dev.attune.model.engine.Precision;
import dev.attune.model.lm.BaseModel;
import dev.attune.model.lm.Stage1Config;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code attune evaluate personalized}. */
@Command(
    name = "personalized",
    description = {
      "Repeat the experiments of personalized language modeling with simulated users over real",
      "replies: users who conflict, six profiles, newcomers, ablations, and generated lengths.",
      "The base and its tokenizer are trained on the training part first, and cached."
    })
public final class PersonalizedCommand implements Callable<Integer> {
  @Mixin private CommonOptions common;

  @Option(
      names = "--data",
      required = true,
      paramLabel = "DIR",
      description =
          "The data folder: dsp/domain_specific_preference.json and general/helpful.json,"
              + " harmless.json, webgpt.json.")
  private Path folder;

  @Option(
      names = "--test",
      paramLabel = "DIR",
      description =
          "A test set laid out alike; then all of --data trains. Without it the data is split"
              + " 80/20 by query.")
  private @Nullable Path test;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "1",
      description =
          "Of the split, the base and the first of three runs (default: ${DEFAULT-VALUE}).")
  private long seed;

  @Option(
      names = "--report",
      paramLabel = "DIR",
      description = "Write personalized.html and personalized.json to DIR.")
  private @Nullable Path report;

  @Override
  public Integer call() throws InterruptedException {
    Console console = common.console();
    CustomizedData data = CustomizedData.read(folder, test, seed);
    long start = System.nanoTime();
    Path dir =
        BaseCache.standard(console)
            .get(data.trainingDialogues(), Stage1Config.evaluation(seed), console);
    PersonalizedResult result;
    try (BaseModel base = BaseModel.load(dir, Precision.fastest());
        PersonalizedEvaluation evaluation = new PersonalizedEvaluation(data, base, seed)) {
      result = evaluation.run((System.nanoTime() - start) / 1e9, console);
    }
    PersonalizedSummary.print(result, console);
    JsonReport.write(common.json(), result.json());
    if (report != null) {
      try {
        PersonalizedSummary.page(result).write(report.resolve("personalized.html"));
      } catch (IOException e) {
        throw new CliException("--report " + report + ": " + e.getMessage(), e);
      }
      JsonReport.write(report.resolve("personalized.json"), result.json());
    }
    return 0;
  }
}
