package dev.attune.model.lm;

import dev.attune.model.io.ModelConfig;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.LongStream;

/** The tensors of a decoder by their Hugging Face names, and their shapes. */
public final class DecoderTensors {
  /** The token embedding, [vocabulary, hidden]. */
  static final String EMBEDDING = "model.embed_tokens.weight";

  /** The output projection of a model whose embeddings are not tied, [vocabulary, hidden]. */
  static final String OUTPUT = "lm_head.weight";

  private DecoderTensors() {}

  /** Returns the shapes of all tensors, layer by layer. */
  static Map<String, long[]> shapes(ModelConfig config) {
    long hidden = config.hiddenSize();
    Map<String, long[]> shapes = new LinkedHashMap<>();
    shapes.put(EMBEDDING, new long[] {config.vocabularySize(), hidden});
    for (int i = 0; i < config.layers(); i++) {
      String layer = "model.layers." + i;
      shapes.put(layer + ".input_layernorm.weight", new long[] {hidden});
      shapes.put(layer + ".post_attention_layernorm.weight", new long[] {hidden});
      if (config.queryKeyNorm()) {
        shapes.put(layer + ".self_attn.q_norm.weight", new long[] {config.headDim()});
        shapes.put(layer + ".self_attn.k_norm.weight", new long[] {config.headDim()});
      }
    }
    linearShapes(config)
        .forEach(
            (name, shape) -> {
              shapes.put(name + ".weight", shape);
              if (hasBias(config, name)) {
                shapes.put(name + ".bias", new long[] {shape[0]});
              }
            });
    shapes.put("model.norm.weight", new long[] {hidden});
    if (!config.tiedEmbeddings()) {
      shapes.put(OUTPUT, new long[] {config.vocabularySize(), hidden});
    }
    return shapes;
  }

  /** Returns the linear layers inside the decoder and their shapes, [out, in]. */
  public static Map<String, long[]> linearShapes(ModelConfig config) {
    long hidden = config.hiddenSize();
    long queries = (long) config.heads() * config.headDim();
    long keys = (long) config.keyValueHeads() * config.headDim();
    long wide = config.intermediateSize();
    Map<String, long[]> shapes = new LinkedHashMap<>();
    for (int i = 0; i < config.layers(); i++) {
      String layer = "model.layers." + i;
      shapes.put(layer + ".self_attn.q_proj", new long[] {queries, hidden});
      shapes.put(layer + ".self_attn.k_proj", new long[] {keys, hidden});
      shapes.put(layer + ".self_attn.v_proj", new long[] {keys, hidden});
      shapes.put(layer + ".self_attn.o_proj", new long[] {hidden, queries});
      shapes.put(layer + ".mlp.gate_proj", new long[] {wide, hidden});
      shapes.put(layer + ".mlp.up_proj", new long[] {wide, hidden});
      shapes.put(layer + ".mlp.down_proj", new long[] {hidden, wide});
    }
    return shapes;
  }

  /**
   * Returns linear layers that share their input and are computed as one matrix, rows below one
   * another: its name, and theirs in order.
   */
  static Map<String, List<String>> fused(ModelConfig config) {
    Map<String, List<String>> fused = new LinkedHashMap<>();
    for (int i = 0; i < config.layers(); i++) {
      String attention = "model.layers." + i + ".self_attn.";
      String mlp = "model.layers." + i + ".mlp.";
      fused.put(
          attention + "qkv_proj",
          List.of(attention + "q_proj", attention + "k_proj", attention + "v_proj"));
      fused.put(mlp + "gate_up_proj", List.of(mlp + "gate_proj", mlp + "up_proj"));
    }
    return fused;
  }

  /**
   * Returns the tensors as scripts take them: its name, and the stored ones that it is made of,
   * rows below one another.
   */
  static Map<String, List<String>> stored(ModelConfig config) {
    Map<String, List<String>> stored = new LinkedHashMap<>();
    Set<String> single = shapes(config).keySet();
    fused(config)
        .forEach(
            (name, parts) -> {
              for (String suffix : List.of(".weight", ".bias")) {
                List<String> there = parts.stream().map(part -> part + suffix).toList();
                if (single.containsAll(there)) {
                  single.removeAll(there);
                  stored.put(name + suffix, there);
                }
              }
            });
    single.forEach(name -> stored.put(name, List.of(name)));
    return stored;
  }

  /**
   * Returns the script argument {@code shape}: layers, query heads, key/value heads, and each
   * layer's attention window or 0.
   */
  static long[] scriptShape(ModelConfig config) {
    LongStream counts = LongStream.of(config.layers(), config.heads(), config.keyValueHeads());
    LongStream windows = config.windows().stream().mapToLong(Integer::longValue);
    return LongStream.concat(counts, windows).toArray();
  }

  private static boolean hasBias(ModelConfig config, String linear) {
    if (linear.contains(".mlp.")) {
      return config.mlpBias();
    }
    return linear.endsWith(".o_proj") ? config.outputBias() : config.attentionBias();
  }
}
