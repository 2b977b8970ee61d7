package dev.attune.model.adapter;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.attune.model.io.ModelConfig;
import dev.attune.model.io.ModelFormatException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import java.util.stream.StreamSupport;

/**
 * PEFT's {@code adapter_config.json}. Reading fails on any setting that would change the
 * computation and has no place here; absent settings have PEFT's defaults.
 */
final class PeftConfig {
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  /** What says where an adapter comes from or how it was begun, and not what it computes. */
  private static final Set<String> HARMLESS =
      Set.of(
          "auto_mapping",
          "base_model_name_or_path",
          "corda_config",
          "eva_config",
          "inference_mode",
          "loftq_config",
          "lora_ga_config",
          "megatron_core",
          "peft_version",
          "qalora_group_size",
          "revision");

  private static final Set<String> READ_LORA =
      Set.of(
          "bias",
          "init_lora_weights",
          "layers_pattern",
          "layers_to_transform",
          "lora_alpha",
          "lora_dropout",
          "peft_type",
          "r",
          "target_modules",
          "task_type",
          "use_rslora");

  private static final Set<String> READ_PROMPT =
      Set.of(
          "num_attention_heads",
          "num_layers",
          "num_transformer_submodules",
          "num_virtual_tokens",
          "peft_type",
          "prompt_tuning_init",
          "prompt_tuning_init_text",
          "task_type",
          "token_dim",
          "tokenizer_kwargs",
          "tokenizer_name_or_path");

  /** Initialisations that leave the base's weights as they are. */
  private static final Set<String> PLAIN_INITIALISATIONS =
      Set.of("true", "false", "gaussian", "eva", "orthogonal");

  private final Path file;
  private final JsonNode json;

  private PeftConfig(Path file, JsonNode json) {
    this.file = file;
    this.json = json;
  }

  static PeftConfig read(Path file) {
    try {
      JsonNode json = JSON.readTree(Files.readAllBytes(file));
      if (!json.isObject()) {
        throw new ModelFormatException(file, "not a JSON object");
      }
      return new PeftConfig(file, json);
    } catch (NoSuchFileException e) {
      throw new ModelFormatException(file, "no such file", e);
    } catch (JsonProcessingException e) {
      throw new ModelFormatException(file, "not JSON: " + e.getOriginalMessage(), e);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + file, e);
    }
  }

  /**
   * Reads a LoRA configuration. PEFT names modules by the ends of their paths, by whole paths or by
   * a regular expression; here the modules that it means must be the same kinds in each of their
   * layers.
   */
  LoraConfig lora(ModelConfig model) {
    refuse("LORA", READ_LORA);
    requireOneOf("bias", "none", Set.of("none"));
    requireOneOf("init_lora_weights", "true", PLAIN_INITIALISATIONS);
    Set<Integer> layers = new TreeSet<>();
    Set<LinearLayer> kinds = EnumSet.noneOf(LinearLayer.class);
    Set<String> chosen = targets(model, layers, kinds);
    if (chosen.size() != layers.size() * kinds.size()) {
      throw wrong("target_modules", "the same linear layers in each decoder layer");
    }
    SortedSet<Integer> some = new TreeSet<>(layers.size() == model.layers() ? Set.of() : layers);
    try {
      return new LoraConfig(
          integer("r", 8),
          number("lora_alpha", 8),
          number("lora_dropout", 0),
          kinds,
          some,
          json.path("use_rslora").asBoolean(false));
    } catch (IllegalArgumentException e) {
      throw new ModelFormatException(file, String.valueOf(e.getMessage()), e);
    }
  }

  /** Returns the paths of the adapted layers, and fills in their numbers and kinds. */
  private Set<String> targets(ModelConfig model, Set<Integer> layers, Set<LinearLayer> kinds) {
    Set<Integer> transformed = transformedLayers(model);
    Set<String> unused = new HashSet<>(targetNames());
    Set<String> chosen = new HashSet<>();
    for (int layer = 0; layer < model.layers(); layer++) {
      for (LinearLayer kind : LinearLayer.values()) {
        String path = kind.path(layer);
        List<String> matching = targetNames().stream().filter(t -> matches(t, path)).toList();
        unused.removeAll(matching);
        // PEFT applies the choice of layers to the ends of paths only
        boolean whole = matching.contains(path) || json.path("target_modules").isTextual();
        if (!matching.isEmpty() && (whole || transformed.contains(layer))) {
          chosen.add(path);
          layers.add(layer);
          kinds.add(kind);
        }
      }
    }
    if (chosen.isEmpty() || !unused.isEmpty()) {
      throw wrong("target_modules", "linear layers of the decoder: " + hubNames());
    }
    return chosen;
  }

  private boolean matches(String target, String path) {
    if (!json.path("target_modules").isTextual()) {
      return path.equals(target) || path.endsWith("." + target);
    }
    if (target.equals("all-linear")) {
      return true;
    }
    try {
      return Pattern.matches(target, path);
    } catch (PatternSyntaxException e) {
      throw new ModelFormatException(file, "target_modules: " + e.getMessage(), e);
    }
  }

  private List<String> targetNames() {
    JsonNode targets = json.path("target_modules");
    if (targets.isTextual()) {
      return List.of(targets.textValue());
    }
    if (!targets.isArray() || !elements(targets).stream().allMatch(JsonNode::isTextual)) {
      throw wrong("target_modules", "a list of names, or a regular expression");
    }
    return elements(targets).stream().map(JsonNode::textValue).toList();
  }

  private Set<Integer> transformedLayers(ModelConfig model) {
    JsonNode pattern = json.path("layers_pattern");
    List<JsonNode> patterns = pattern.isArray() ? elements(pattern) : List.of(pattern);
    if (isSet(pattern) && !patterns.stream().allMatch(p -> "layers".equals(p.textValue()))) {
      throw wrong("layers_pattern", "null, layers");
    }
    JsonNode numbers = json.path("layers_to_transform");
    Set<Integer> layers = new TreeSet<>();
    if (numbers.isMissingNode() || numbers.isNull()) {
      for (int layer = 0; layer < model.layers(); layer++) {
        layers.add(layer);
      }
      return layers;
    }
    for (JsonNode number : numbers.isArray() ? elements(numbers) : List.of(numbers)) {
      if (!number.isInt() || number.intValue() < 0 || number.intValue() >= model.layers()) {
        throw wrong("layers_to_transform", "layers 0 to " + (model.layers() - 1));
      }
      layers.add(number.intValue());
    }
    return layers;
  }

  /** Reads how many vectors a soft prompt has, and checks that they fit. */
  int softPromptTokens(int hiddenSize) {
    refuse("PROMPT_TUNING", READ_PROMPT);
    if (integer("num_transformer_submodules", 1) != 1) {
      throw wrong("num_transformer_submodules", "1");
    }
    if (integer("token_dim", hiddenSize) != hiddenSize) {
      throw wrong("token_dim", "the model's " + hiddenSize);
    }
    return integer("num_virtual_tokens", 0);
  }

  /** Fails on another kind of adapter, and on settings that nobody here reads. */
  private void refuse(String type, Set<String> read) {
    requireOneOf("peft_type", "null", Set.of(type));
    requireOneOf("task_type", "null", Set.of("null", "CAUSAL_LM"));
    for (Map.Entry<String, JsonNode> field : json.properties()) {
      String name = field.getKey();
      if (!HARMLESS.contains(name) && !read.contains(name) && isSet(field.getValue())) {
        throw wrong(name, "not set, since it is not supported");
      }
    }
  }

  /** Whether a value asks for anything: is not null, false or empty. */
  private static boolean isSet(JsonNode value) {
    return switch (value.getNodeType()) {
      case NULL, MISSING -> false;
      case BOOLEAN -> value.booleanValue();
      case STRING -> !value.textValue().isEmpty();
      case ARRAY, OBJECT -> !value.isEmpty();
      default -> true;
    };
  }

  private void requireOneOf(String field, String absent, Set<String> allowed) {
    JsonNode value = json.path(field);
    String text = value.isMissingNode() ? absent : value.asText();
    if (!allowed.contains(text)) {
      throw wrong(field, String.join(", ", new TreeSet<>(allowed)));
    }
  }

  private int integer(String field, int absent) {
    JsonNode value = json.path(field);
    if (value.isMissingNode() || value.isNull()) {
      return absent;
    }
    if (!value.isInt() || value.intValue() < 1) {
      throw wrong(field, "a positive integer");
    }
    return value.intValue();
  }

  private double number(String field, double absent) {
    JsonNode value = json.path(field);
    if (value.isMissingNode() || value.isNull()) {
      return absent;
    }
    if (!value.isNumber()) {
      throw wrong(field, "a number");
    }
    return value.doubleValue();
  }

  private ModelFormatException wrong(String field, String allowed) {
    return new ModelFormatException(
        file, "%s is %s; allowed: %s".formatted(field, json.path(field), allowed));
  }

  private static List<JsonNode> elements(JsonNode array) {
    return StreamSupport.stream(array.spliterator(), false).toList();
  }

  private static List<String> hubNames() {
    return EnumSet.allOf(LinearLayer.class).stream().map(LinearLayer::hubName).toList();
  }

  /** Writes a LoRA configuration with the fields that PEFT writes, sorted as it sorts them. */
  static void write(Path file, LoraConfig config, String base) {
    ObjectNode json = JSON.createObjectNode();
    json.putObject("alpha_pattern");
    json.putNull("auto_mapping");
    json.put("base_model_name_or_path", base);
    json.put("bias", "none");
    json.put("fan_in_fan_out", false);
    json.put("inference_mode", true);
    json.put("init_lora_weights", true);
    json.putNull("layer_replication");
    json.putNull("layers_pattern");
    if (config.layers().isEmpty()) {
      json.putNull("layers_to_transform");
    } else {
      config.layers().forEach(json.putArray("layers_to_transform")::add);
    }
    json.putObject("loftq_config");
    if (config.alpha() == Math.rint(config.alpha()) && config.alpha() <= Integer.MAX_VALUE) {
      json.put("lora_alpha", (int) config.alpha());
    } else {
      json.put("lora_alpha", config.alpha());
    }
    json.put("lora_dropout", config.dropout());
    json.putNull("megatron_config");
    json.put("megatron_core", "megatron.core");
    json.putNull("modules_to_save");
    json.put("peft_type", "LORA");
    json.put("r", config.rank());
    json.putObject("rank_pattern");
    json.putNull("revision");
    List<String> targets = new ArrayList<>();
    config.targets().forEach(target -> targets.add(target.hubName()));
    targets.forEach(json.putArray("target_modules")::add);
    json.put("task_type", "CAUSAL_LM");
    json.put("use_dora", false);
    json.put("use_rslora", config.rankStabilized());
    write(file, json);
  }

  /** Writes the configuration of a soft prompt. */
  static void write(Path file, SoftPrompt prompt, ModelConfig model, String base) {
    ObjectNode json = JSON.createObjectNode();
    json.putNull("auto_mapping");
    json.put("base_model_name_or_path", base);
    json.put("inference_mode", true);
    json.put("num_attention_heads", model.heads());
    json.put("num_layers", model.layers());
    json.put("num_transformer_submodules", 1);
    json.put("num_virtual_tokens", prompt.tokens());
    json.put("peft_type", "PROMPT_TUNING");
    json.put("prompt_tuning_init", "RANDOM");
    json.putNull("prompt_tuning_init_text");
    json.putNull("revision");
    json.put("task_type", "CAUSAL_LM");
    json.put("token_dim", prompt.hiddenSize());
    json.putNull("tokenizer_kwargs");
    json.putNull("tokenizer_name_or_path");
    write(file, json);
  }

  private static void write(Path file, ObjectNode json) {
    DefaultPrettyPrinter layout =
        new DefaultPrettyPrinter().withObjectIndenter(new DefaultIndenter("  ", "\n"));
    try {
      Files.writeString(file, JSON.writer(layout).writeValueAsString(json) + "\n");
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write " + file, e);
    }
  }
}
