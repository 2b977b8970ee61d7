package dev.attune.model.io;

import dev.attune.model.io.Rope.Scaling;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Reads {@code config.json}. Where the transformers library gives an absent field a default that
 * matters, so does this; sizes that shape the weights are never guessed.
 */
final class ModelConfigReader {
  private static final double DEFAULT_THETA = 10_000;
  private static final double DEFAULT_NORM_EPS = 1e-6;
  private static final int DEFAULT_WINDOW = 4096;
  private static final int DEFAULT_MAX_WINDOW_LAYERS = 28;
  private static final int QWEN3_HEAD_DIM = 128;

  /** Far above any model; keeps a broken file from costing memory. */
  private static final int MAX_LAYERS = 10_000;

  private static final Set<String> SILU = Set.of("silu", "swish");
  private static final Map<String, ElementType> STORED_TYPES =
      Map.of("float32", ElementType.F32, "float16", ElementType.F16, "bfloat16", ElementType.BF16);

  private final Object source;
  private final JsonFields fields;
  private final ModelFamily family;
  private final int layers;

  private ModelConfigReader(Object source, JsonFields fields) {
    this.source = source;
    this.fields = fields;
    this.family = family(fields);
    this.layers = fields.positive("num_hidden_layers");
    if (layers > MAX_LAYERS) {
      throw fields.wrong("num_hidden_layers", "1 to " + MAX_LAYERS);
    }
  }

  static ModelConfig read(Path file) {
    return read(file, JsonFields.read(file));
  }

  static ModelConfig read(Object source, JsonFields fields) {
    try {
      return new ModelConfigReader(source, fields).read();
    } catch (IllegalArgumentException e) {
      throw new ModelFormatException(source, String.valueOf(e.getMessage()), e);
    }
  }

  private ModelConfig read() {
    rejectUnsupported();
    int heads = fields.positive("num_attention_heads");
    int hiddenSize = fields.positive("hidden_size");
    int maxPositions = fields.positive("max_position_embeddings");
    boolean bias = family != ModelFamily.MISTRAL && fields.flag("attention_bias", false);
    return new ModelConfig(
        family,
        fields.positive("vocab_size"),
        hiddenSize,
        fields.positive("intermediate_size"),
        layers,
        heads,
        keyValueHeads(heads),
        headDim(hiddenSize, heads),
        maxPositions,
        fields.positiveNumber("rms_norm_eps", DEFAULT_NORM_EPS),
        rope(maxPositions),
        windows(),
        fields.flag("tie_word_embeddings", false),
        family == ModelFamily.QWEN2 || bias,
        family != ModelFamily.QWEN2 && bias,
        family == ModelFamily.LLAMA && fields.flag("mlp_bias", false),
        family == ModelFamily.QWEN3,
        storedType(),
        fields.tokenId("bos_token_id"),
        fields.tokenIds("eos_token_id"),
        fields.tokenId("pad_token_id"));
  }

  private static ModelFamily family(JsonFields fields) {
    String type = fields.text("model_type");
    for (ModelFamily family : ModelFamily.values()) {
      if (family.modelType().equals(type)) {
        if (fields.has("architectures")
            && !fields.texts("architectures").contains(family.architecture())) {
          throw fields.wrong("architectures", family.architecture());
        }
        return family;
      }
    }
    throw fields.wrong(
        "model_type",
        Arrays.stream(ModelFamily.values())
            .map(ModelFamily::modelType)
            .collect(Collectors.joining(", ")));
  }

  private void rejectUnsupported() {
    if (fields.has("hidden_act") && !SILU.contains(fields.text("hidden_act"))) {
      throw fields.wrong("hidden_act", "silu");
    }
    if (fields.has("quantization_config")) {
      throw new ModelFormatException(
          source, "quantization_config: quantized weights are not supported");
    }
    if (fields.positiveNumber("partial_rotary_factor", 1) != 1) {
      throw fields.wrong("partial_rotary_factor", "1");
    }
  }

  private int keyValueHeads(int heads) {
    // Llama's default is one for each query head; the other families' defaults are a fixed number
    // that fits few models, so a file without it is more likely broken.
    boolean none = family == ModelFamily.LLAMA || fields.mentions("num_key_value_heads");
    return none
        ? fields.positive("num_key_value_heads", heads)
        : fields.positive("num_key_value_heads");
  }

  private int headDim(int hiddenSize, int heads) {
    if (fields.has("head_dim")) {
      return fields.positive("head_dim");
    }
    if (family == ModelFamily.QWEN3 && !fields.mentions("head_dim")) {
      return QWEN3_HEAD_DIM;
    }
    if (hiddenSize % heads != 0) {
      throw fields.wrong("num_attention_heads", "a divisor of hidden_size " + hiddenSize);
    }
    return hiddenSize / heads;
  }

  private Rope rope(int maxPositions) {
    // Version 5 of the library keeps the base inside rope_parameters, version 4 beside
    // rope_scaling.
    String field = fields.has("rope_parameters") ? "rope_parameters" : "rope_scaling";
    double theta = fields.positiveNumber("rope_theta", DEFAULT_THETA);
    if (!fields.has(field)) {
      return Rope.unscaled(theta, maxPositions);
    }
    JsonFields rope = fields.object(field);
    theta = rope.positiveNumber("rope_theta", theta);
    if (rope.positiveNumber("partial_rotary_factor", 1) != 1) {
      throw rope.wrong("partial_rotary_factor", "1");
    }
    String typeField = rope.has("rope_type") || !rope.has("type") ? "rope_type" : "type";
    Scaling scaling =
        rope.has(typeField) || !field.equals("rope_parameters")
            ? scaling(rope, typeField)
            : Scaling.DEFAULT;
    return switch (scaling) {
      case DEFAULT -> Rope.unscaled(theta, maxPositions);
      case LINEAR, DYNAMIC ->
          new Rope(theta, scaling, rope.positiveNumber("factor"), 1, 1, maxPositions);
      case LLAMA3 ->
          new Rope(
              theta,
              scaling,
              rope.positiveNumber("factor"),
              rope.positiveNumber("low_freq_factor"),
              rope.positiveNumber("high_freq_factor"),
              rope.positive("original_max_position_embeddings"));
    };
  }

  private static Scaling scaling(JsonFields rope, String field) {
    String name = rope.text(field);
    for (Scaling scaling : Scaling.values()) {
      if (scaling.name().toLowerCase(Locale.ROOT).equals(name)) {
        return scaling;
      }
    }
    throw rope.wrong(field, "default, linear, dynamic, llama3");
  }

  private List<Integer> windows() {
    List<Integer> full = Collections.nCopies(layers, 0);
    return switch (family) {
      case LLAMA -> full;
      // Mistral's default applies when the field is absent; null means none.
      case MISTRAL ->
          fields.mentions("sliding_window") && !fields.has("sliding_window")
              ? full
              : Collections.nCopies(layers, fields.positive("sliding_window", DEFAULT_WINDOW));
      case QWEN2, QWEN3 -> fields.flag("use_sliding_window", false) ? qwenWindows() : full;
    };
  }

  private List<Integer> qwenWindows() {
    if (fields.mentions("sliding_window") && !fields.has("sliding_window")) {
      return Collections.nCopies(layers, 0);
    }
    int window = fields.positive("sliding_window", DEFAULT_WINDOW);
    List<Integer> windows = new ArrayList<>(layers);
    if (fields.has("layer_types")) {
      for (String type : fields.texts("layer_types")) {
        windows.add(
            switch (type) {
              case "full_attention" -> 0;
              case "sliding_attention" -> window;
              default -> throw fields.wrong("layer_types", "full_attention, sliding_attention");
            });
      }
      if (windows.size() != layers) {
        throw fields.wrong("layer_types", "one for each of " + layers + " layers");
      }
    } else {
      // The first max_window_layers layers keep full attention, despite the name.
      int firstWindowed = fields.nonNegative("max_window_layers", DEFAULT_MAX_WINDOW_LAYERS);
      for (int layer = 0; layer < layers; layer++) {
        windows.add(layer < firstWindowed ? 0 : window);
      }
    }
    return windows;
  }

  private @Nullable ElementType storedType() {
    String field = fields.has("dtype") ? "dtype" : "torch_dtype";
    String name = fields.textOrNull(field);
    if (name == null) {
      return null;
    }
    ElementType type = STORED_TYPES.get(name);
    if (type == null) {
      throw fields.wrong(field, "float32, float16, bfloat16");
    }
    return type;
  }
}
