package dev.attune.model.io;

import com.fasterxml.jackson.core.PrettyPrinter;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.attune.model.io.Rope.Scaling;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/** Writes {@code config.json} in the spelling of version 4, which version 5 reads as well. */
final class ModelConfigWriter {
  private static final JsonMapper JSON = new JsonMapper();

  /** The same line breaks everywhere, since the content's hash names the model. */
  private static final PrettyPrinter LAYOUT =
      new DefaultPrettyPrinter().withObjectIndenter(new DefaultIndenter("  ", "\n"));

  private ModelConfigWriter() {}

  static void write(ModelConfig config, Path file) {
    try {
      Files.writeString(file, JSON.writer(LAYOUT).writeValueAsString(toJson(config)) + "\n");
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write " + file, e);
    }
  }

  static ObjectNode toJson(ModelConfig config) {
    ObjectNode json = JSON.createObjectNode();
    json.putArray("architectures").add(config.family().architecture());
    json.put("model_type", config.family().modelType());
    json.put("hidden_act", "silu");
    json.put("vocab_size", config.vocabularySize());
    json.put("hidden_size", config.hiddenSize());
    json.put("intermediate_size", config.intermediateSize());
    json.put("num_hidden_layers", config.layers());
    json.put("num_attention_heads", config.heads());
    json.put("num_key_value_heads", config.keyValueHeads());
    json.put("head_dim", config.headDim());
    json.put("max_position_embeddings", config.maxPositions());
    json.put("rms_norm_eps", config.rmsNormEps());
    json.put("tie_word_embeddings", config.tiedEmbeddings());
    if (config.family() == ModelFamily.LLAMA || config.family() == ModelFamily.QWEN3) {
      json.put("attention_bias", config.attentionBias());
    }
    if (config.family() == ModelFamily.LLAMA) {
      json.put("mlp_bias", config.mlpBias());
    }
    putRope(json, config.rope());
    putWindows(json, config);
    putTokenIds(json, config);
    if (config.storedType() != null) {
      json.put(
          "torch_dtype",
          switch (config.storedType()) {
            case F16 -> "float16";
            case BF16 -> "bfloat16";
            default -> "float32";
          });
    }
    return json;
  }

  private static void putRope(ObjectNode json, Rope rope) {
    json.put("rope_theta", rope.theta());
    if (rope.scaling() == Scaling.DEFAULT) {
      json.putNull("rope_scaling");
      return;
    }
    ObjectNode scaling = json.putObject("rope_scaling");
    scaling.put("rope_type", rope.scaling().name().toLowerCase(Locale.ROOT));
    scaling.put("factor", rope.factor());
    if (rope.scaling() == Scaling.LLAMA3) {
      scaling.put("low_freq_factor", rope.lowFrequencyFactor());
      scaling.put("high_freq_factor", rope.highFrequencyFactor());
      scaling.put("original_max_position_embeddings", rope.originalMaxPositions());
    }
  }

  private static void putWindows(ObjectNode json, ModelConfig config) {
    int window = config.windows().stream().max(Integer::compare).orElse(0);
    switch (config.family()) {
      case LLAMA -> {}
      case MISTRAL -> putWindow(json, window);
      case QWEN2, QWEN3 -> {
        json.put("use_sliding_window", window > 0);
        putWindow(json, window);
        if (window > 0) {
          ArrayNode types = json.putArray("layer_types");
          config.windows().forEach(w -> types.add(w == 0 ? "full_attention" : "sliding_attention"));
        }
      }
    }
  }

  private static void putWindow(ObjectNode json, int window) {
    if (window > 0) {
      json.put("sliding_window", window);
    } else {
      json.putNull("sliding_window");
    }
  }

  private static void putTokenIds(ObjectNode json, ModelConfig config) {
    config.bosTokenId().ifPresent(id -> json.put("bos_token_id", id));
    config.padTokenId().ifPresent(id -> json.put("pad_token_id", id));
    List<Integer> eos = config.eosTokenIds();
    if (eos.size() == 1) {
      json.put("eos_token_id", eos.get(0));
    } else if (!eos.isEmpty()) {
      ArrayNode ids = json.putArray("eos_token_id");
      eos.forEach(ids::add);
    }
  }
}
