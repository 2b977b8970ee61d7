package dev.attune.cli.base;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.attune.cli.CliException;
import dev.attune.cli.console.Console;
import dev.attune.cli.console.JsonReport;
import dev.attune.model.engine.Precision;
import dev.attune.model.engine.Tensors;
import dev.attune.model.engine.Torch;
import dev.attune.model.io.ElementType;
import dev.attune.model.io.ModelConfig;
import dev.attune.model.io.ModelFolder;
import dev.attune.model.io.Rope;
import dev.attune.model.io.TensorInfo;
import dev.attune.model.lm.BaseModel;
import dev.attune.model.lm.ReferenceOutputs;
import dev.attune.model.text.ChatStyle;
import dev.attune.model.text.DialogueTemplate;
import dev.attune.model.text.Tokenizer;
import dev.attune.model.text.Turn;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Says what a model folder holds, runs a sample through the model, and compares it with the
 * reference outputs that the folder may hold.
 */
final class BaseCheck {
  private static final int SAMPLE_TOKENS = 12;
  private static final String SAMPLE_TEXT = "What is the sky made of?";

  private final Console console;
  private final Map<String, Object> report = new LinkedHashMap<>();

  private BaseCheck(Console console) {
    this.console = console;
  }

  /**
   * Returns whether the model computes, and agrees with the reference outputs, if there are any.
   */
  static boolean run(Path dir, Console console, @Nullable Path json) {
    BaseCheck check = new BaseCheck(console);
    Precision precision;
    try (ModelFolder folder = ModelFolder.open(dir)) {
      check.describe(folder);
      precision = precision(folder);
    }
    boolean good = true;
    try (BaseModel model = BaseModel.load(dir, precision)) {
      if (model.hasTokenizer()) {
        check.describe(model.tokenizer());
      } else {
        check.say("tokenizer", "none");
      }
      check.say("sha256", model.sha256());
      check.say("device", Torch.device());
      check.say("precision", precision.name().toLowerCase(Locale.ROOT));
      check.say("sample", sample(model));
      if (ReferenceOutputs.in(dir)) {
        good = check.compare(model);
      }
    }
    check.report.put("ok", good);
    JsonReport.write(json, check.report);
    return good;
  }

  /** Reference outputs are in fp32; otherwise a checkpoint takes no more memory than on disk. */
  private static Precision precision(ModelFolder folder) {
    boolean wide =
        folder.names().stream().anyMatch(name -> folder.info(name).type() == ElementType.F32);
    return wide || ReferenceOutputs.in(folder.path()) ? Precision.FP32 : Precision.BF16;
  }

  private void say(String name, Object value) {
    report.put(name, value);
    console.printf("%-12s %s", name, value);
  }

  private void describe(ModelFolder folder) {
    ModelConfig config = folder.config();
    say("family", config.family().modelType());
    say("layers", config.layers());
    say("hidden", config.hiddenSize());
    say(
        "heads",
        config.heads() + " of " + config.headDim() + ", key/value " + config.keyValueHeads());
    say("mlp", config.intermediateSize());
    say("vocabulary", config.vocabularySize());
    say("positions", config.maxPositions());
    say("rope", rope(config.rope()));
    say("window", window(config.windows()));
    say("biases", biases(config));
    say("tied", config.tiedEmbeddings());
    say("shards", folder.shards());
    say("tensors", folder.names().size());
    Map<ElementType, Long> types = new TreeMap<>();
    for (String name : folder.names()) {
      TensorInfo info = folder.info(name);
      types.merge(info.type(), info.elements(), Long::sum);
    }
    say("parameters", types.values().stream().mapToLong(Long::longValue).sum());
    say(
        "types",
        types.entrySet().stream()
            .map(type -> type.getKey() + " (" + type.getValue() + ")")
            .collect(Collectors.joining(", ")));
  }

  private void describe(Tokenizer tokenizer) {
    say("tokenizer", tokenizer.size() + " tokens");
    say(
        "ids",
        "bos %d, eos %d, pad %d, end of reply %d"
            .formatted(
                tokenizer.bosId(), tokenizer.eosId(), tokenizer.padId(), tokenizer.endOfReplyId()));
    String style = tokenizer.chatStyle().name().toLowerCase(Locale.ROOT);
    boolean other = tokenizer.statesChatTemplate() && tokenizer.chatStyle() == ChatStyle.PLAIN;
    say(
        "template",
        other ? style + " (the folder's own chat_template is none of the known)" : style);
  }

  private static String rope(Rope rope) {
    String text = rope.scaling().name().toLowerCase(Locale.ROOT) + ", theta " + rope.theta();
    return switch (rope.scaling()) {
      case DEFAULT -> text;
      case LINEAR, DYNAMIC -> text + ", factor " + rope.factor();
      case LLAMA3 ->
          "%s, factor %s, low %s, high %s, original positions %d"
              .formatted(
                  text,
                  rope.factor(),
                  rope.lowFrequencyFactor(),
                  rope.highFrequencyFactor(),
                  rope.originalMaxPositions());
    };
  }

  private static String window(List<Integer> windows) {
    List<Integer> limited = windows.stream().filter(window -> window > 0).toList();
    return limited.isEmpty()
        ? "none"
        : "%d in %d of %d layers".formatted(limited.get(0), limited.size(), windows.size());
  }

  private static String biases(ModelConfig config) {
    List<String> biases = new ArrayList<>();
    if (config.attentionBias()) {
      biases.add("q, k, v");
    }
    if (config.outputBias()) {
      biases.add("attention output");
    }
    if (config.mlpBias()) {
      biases.add("mlp");
    }
    return (biases.isEmpty() ? "none" : String.join(", ", biases))
        + (config.queryKeyNorm() ? "; q and k normalised" : "");
  }

  /** A forward pass: the most likely next token, as proof that it computes. */
  private static String sample(BaseModel model) {
    int vocabulary = model.config().vocabularySize();
    int[] ids =
        model.hasTokenizer()
            ? new DialogueTemplate(model.tokenizer(), model.maxTokens(), 1)
                .prompt(List.of(new Turn("user", SAMPLE_TEXT)))
            : IntStream.range(0, SAMPLE_TOKENS).map(i -> (3 + 7 * i) % vocabulary).toArray();
    try (NDManager manager = Torch.newManager();
        NDArray logits = model.logits(manager, List.of(ids), null)) {
      float[] values = Tensors.floats(logits);
      int last = (ids.length - 1) * vocabulary;
      int best = 0;
      for (int i = 0; i < vocabulary; i++) {
        if (!Float.isFinite(values[last + i])) {
          throw new CliException(model.folder() + ": the sample forward gives no finite numbers");
        }
        best = values[last + i] > values[last + best] ? i : best;
      }
      String token = model.hasTokenizer() ? text(model.tokenizer(), best) : "";
      return String.format(
          Locale.ROOT,
          "%d tokens, next %d%s (logit %.3f)",
          ids.length,
          best,
          token,
          values[last + best]);
    }
  }

  private static String text(Tokenizer tokenizer, int id) {
    return " \"" + tokenizer.decode(new int[] {id}).replace("\n", "\\n") + "\"";
  }

  private boolean compare(BaseModel model) {
    boolean good = true;
    List<Map<String, Object>> cases = new ArrayList<>();
    try (ReferenceOutputs reference = ReferenceOutputs.open(model.folder())) {
      Map<String, Double> tolerances = reference.tolerances();
      report.put("tolerance", tolerances);
      for (ReferenceOutputs.Comparison each : reference.compare(model)) {
        boolean within = each.within(tolerances);
        good &= within;
        Map<String, Object> entry = new LinkedHashMap<>();
        entry.put("name", each.name());
        entry.put("ok", within);
        entry.put("differences", each.differences());
        cases.add(entry);
        String differences =
            new TreeMap<>(each.differences())
                .entrySet().stream()
                    .map(e -> String.format(Locale.ROOT, "%s %.2g", e.getKey(), e.getValue()))
                    .collect(Collectors.joining(", "));
        console.printf(
            "golden %-24s %s: largest difference %s",
            each.name(), within ? "ok" : "BEYOND TOLERANCE", differences);
      }
    }
    report.put("cases", cases);
    long agree = cases.stream().filter(each -> Boolean.TRUE.equals(each.get("ok"))).count();
    console.printf("%d of %d cases agree", agree, cases.size());
    return good;
  }
}
