package dev.attune.cli.base;

import dev.attune.cli.CliException;
import dev.attune.cli.CommonOptions;
import dev.attune.cli.console.JsonReport;
import dev.attune.cli.stack.BaseCache;
import dev.attune.model.io.ModelFolder;
import dev.attune.model.lm.Stage1Config;
import dev.attune.model.text.Turn;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code attune base}: stage 1, and a look at a model folder. */
@Command(name = "base", description = "Train a small base model, or check a model folder.")
public final class BaseCommand {
  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help and exit.")
  boolean help;

  /** Sizes and budgets. */
  enum Preset {
    tiny(Stage1Config::tiny),
    demo(Stage1Config::demo),
    evaluation(Stage1Config::evaluation);

    private final LongFunction<Stage1Config> bySeed;

    Preset(LongFunction<Stage1Config> bySeed) {
      this.bySeed = bySeed;
    }
  }

  @Command(
      name = "train",
      description = "Stage 1: train a tokenizer and a small base on text files.")
  int train(
      @Mixin CommonOptions common,
      @Parameters(paramLabel = "DIR", description = "The new model folder.") Path dir,
      @Option(
              names = "--text",
              required = true,
              arity = "1..*",
              paramLabel = "PATH",
              description =
                  "Text files, or folders of *.txt and *.md; passages end at blank lines.")
          List<Path> texts,
      @Option(
              names = "--preset",
              paramLabel = "NAME",
              defaultValue = "evaluation",
              description = "One of ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
          Preset preset,
      @Option(
              names = "--steps",
              paramLabel = "N",
              description = "Optimiser steps (default: the preset's).")
          @Nullable Integer steps,
      @Option(
              names = "--seed",
              paramLabel = "N",
              defaultValue = "1",
              description = "Decides initial weights and order (default: ${DEFAULT-VALUE}).")
          long seed) {
    if (Files.exists(dir)) {
      throw new CliException(dir + ": exists already");
    }
    if (steps != null && steps < 1) {
      throw new CliException("--steps must be 1 or more");
    }
    Stage1Config config = preset.bySeed.apply(seed);
    List<String> passages = TextFiles.passages(texts);
    long startedAt = System.nanoTime();
    BaseCache.train(
        passages.stream().map(text -> List.of(new Turn("user", text))).toList(),
        steps == null ? config : config.withSteps(steps),
        dir,
        common.console());
    Map<String, Object> report = new LinkedHashMap<>();
    try (ModelFolder folder = ModelFolder.open(dir)) {
      report.put("base", dir.toString());
      report.put("sha256", folder.sha256());
      report.put("passages", passages.size());
      report.put("seconds", (System.nanoTime() - startedAt) / 1e9);
    }
    common.console().print("base " + dir + ", sha-256 " + report.get("sha256"));
    JsonReport.write(common.json(), report);
    return 0;
  }

  @Command(
      name = "check",
      description = {
        "Say what a Hugging Face folder holds, and run a sample through it.",
        "Where it holds golden outputs, compare with them; fails beyond their tolerance."
      })
  int check(
      @Mixin CommonOptions common,
      @Parameters(paramLabel = "DIR", description = "The model folder.") Path dir) {
    return BaseCheck.run(dir, common.console(), common.json()) ? 0 : 1;
  }
}
