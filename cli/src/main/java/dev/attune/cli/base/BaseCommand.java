package dev.attune.cli.base;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.attune.cli.CliException;
import dev.attune.cli.CommonOptions;
import dev.attune.cli.console.Console;
import dev.attune.cli.console.JsonReport;
import dev.attune.cli.stack.BaseCache;
import dev.attune.model.engine.Precision;
import dev.attune.model.engine.Tensors;
import dev.attune.model.engine.Torch;
import dev.attune.model.io.ModelConfig;
import dev.attune.model.io.ModelFolder;
import dev.attune.model.lm.BaseModel;
import dev.attune.model.lm.Stage1Config;
import dev.attune.model.text.Turn;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code attune base}: stage 1, and a look at a model folder. */
@Command(name = "base", description = "Train a small base model, or check a model folder.")
public final class BaseCommand {
  private static final int SAMPLE_TOKENS = 12;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help and exit.")
  boolean help;

  /** Sizes and budgets. */
  enum Preset {
    demo,
    evaluation
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
    Stage1Config config =
        preset == Preset.demo ? Stage1Config.demo(seed) : Stage1Config.evaluation(seed);
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
    Console console = common.console();
    Map<String, Object> report = new LinkedHashMap<>();
    try (ModelFolder folder = ModelFolder.open(dir)) {
      describe(folder, report);
    }
    report.forEach((name, value) -> console.printf("%-12s %s", name, value));
    boolean good = true;
    // The goldens are fp32; so is everything that is said here.
    try (BaseModel model = BaseModel.load(dir, Precision.FP32)) {
      String sample = sample(model);
      report.put("sample", sample);
      console.printf("%-12s %s", "sample", sample);
      if (GoldenOutputs.in(dir)) {
        good = compare(model, dir, report, console);
      }
    }
    report.put("ok", good);
    JsonReport.write(common.json(), report);
    return good ? 0 : 1;
  }

  private static void describe(ModelFolder folder, Map<String, Object> report) {
    ModelConfig config = folder.config();
    report.put("family", config.family().toString().toLowerCase(Locale.ROOT));
    report.put("layers", config.layers());
    report.put("hidden", config.hiddenSize());
    report.put(
        "heads",
        config.heads() + " of " + config.headDim() + ", key/value " + config.keyValueHeads());
    report.put("mlp", config.intermediateSize());
    report.put("vocabulary", config.vocabularySize());
    report.put(
        "positions",
        config.maxPositions()
            + ", rope "
            + config.rope().scaling().name().toLowerCase(Locale.ROOT)
            + " theta "
            + config.rope().theta());
    report.put("tied", config.tiedEmbeddings());
    report.put("tensors", folder.names().size());
    report.put(
        "parameters", folder.names().stream().mapToLong(n -> folder.info(n).elements()).sum());
    report.put(
        "types",
        folder.names().stream()
            .map(n -> folder.info(n).type().toString())
            .distinct()
            .sorted()
            .collect(Collectors.joining(", ")));
    report.put("tokenizer", folder.tokenizerJson().isPresent() ? "tokenizer.json" : "none");
    report.put("sha256", folder.sha256());
  }

  /** A forward pass over a few tokens: the most likely next one, as proof that it computes. */
  private static String sample(BaseModel model) {
    int vocabulary = model.config().vocabularySize();
    long[] ids = new long[SAMPLE_TOKENS];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = (3 + 7L * i) % vocabulary;
    }
    try (NDManager manager = Torch.newManager();
        NDArray logits = model.logits(manager, new long[][] {ids})) {
      float[] values = Tensors.floats(logits);
      int last = (ids.length - 1) * vocabulary;
      int best = 0;
      for (int i = 0; i < vocabulary; i++) {
        if (!Float.isFinite(values[last + i])) {
          throw new CliException(model.folder() + ": the sample forward gives no finite numbers");
        }
        best = values[last + i] > values[last + best] ? i : best;
      }
      return String.format(
          Locale.ROOT, "%d tokens, next %d (logit %.3f)", ids.length, best, values[last + best]);
    }
  }

  private static boolean compare(
      BaseModel model, Path dir, Map<String, Object> report, Console console) {
    Map<String, Double> tolerances = GoldenOutputs.tolerances(dir);
    boolean good = true;
    List<Map<String, Object>> cases = new ArrayList<>();
    for (GoldenOutputs.CaseResult result : GoldenOutputs.compare(model, dir)) {
      boolean within = result.within(tolerances);
      good &= within;
      Map<String, Object> entry = new LinkedHashMap<>();
      entry.put("name", result.name());
      entry.put("ok", result.skipped().isEmpty() ? within : null);
      entry.put("differences", result.differences());
      entry.put("skipped", result.skipped().isEmpty() ? null : result.skipped());
      cases.add(entry);
      String differences =
          result.differences().entrySet().stream()
              .map(e -> String.format(Locale.ROOT, "%s %.2g", e.getKey(), e.getValue()))
              .collect(Collectors.joining(", "));
      console.printf(
          "golden %-20s %s",
          result.name(),
          result.skipped().isEmpty()
              ? (within ? "ok" : "BEYOND TOLERANCE") + ": largest difference " + differences
              : "skipped: " + result.skipped());
    }
    long compared = cases.stream().filter(each -> each.get("skipped") == null).count();
    console.printf("compared %d of %d cases", compared, cases.size());
    report.put("tolerance", tolerances);
    report.put("cases", cases);
    return good && compared > 0;
  }
}
