package dev.attune.model.lm;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.attune.model.engine.Dictionary;
import dev.attune.model.engine.Precision;
import dev.attune.model.engine.Tensors;
import dev.attune.model.engine.Torch;
import dev.attune.model.engine.TorchScript;
import dev.attune.model.io.ModelConfig;
import dev.attune.model.io.ModelFolder;
import dev.attune.model.io.ModelFormatException;
import dev.attune.model.text.Tokenizer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A frozen decoder language model in memory, with its tokenizer.
 *
 * <p>Safe for use by several threads; close it after all who use it.
 */
public final class BaseModel implements AutoCloseable {
  private final Path folder;
  private final ModelConfig config;
  private final @Nullable Tokenizer tokenizer;
  private final String sha256;
  private final Precision precision;
  private final NDManager manager;
  private final Dictionary weights;

  private BaseModel(
      ModelFolder folder, Precision precision, NDManager manager, @Nullable Tokenizer tokenizer) {
    this.folder = folder.path();
    this.config = folder.config();
    this.tokenizer = tokenizer;
    this.sha256 = folder.sha256();
    this.precision = precision;
    this.manager = manager;
    this.weights = read(folder, precision, manager);
  }

  /**
   * Loads a folder in Hugging Face layout.
   *
   * @throws ModelFormatException naming the file, field or tensor that is missing or unfit
   */
  public static BaseModel load(Path dir, Precision precision) {
    try (ModelFolder folder = ModelFolder.open(dir)) {
      ModelConfig config = folder.config();
      Tokenizer tokenizer = folder.tokenizerJson().map(Tokenizer::load).orElse(null);
      NDManager manager = Torch.newManager();
      boolean loaded = false;
      try {
        BaseModel model = new BaseModel(folder, precision, manager, tokenizer);
        loaded = true;
        return model;
      } finally {
        if (!loaded) {
          manager.close();
          if (tokenizer != null) {
            tokenizer.close();
          }
        }
      }
    }
  }

  private static Dictionary read(ModelFolder folder, Precision precision, NDManager manager) {
    ModelConfig config = folder.config();
    Map<String, NDArray> tensors = new HashMap<>(RotaryTables.of(manager, config));
    DecoderTensors.shapes(config)
        .forEach(
            (name, shape) -> {
              long[] found = folder.info(name).dimensions();
              if (!Arrays.equals(found, shape)) {
                throw new ModelFormatException(
                    folder.path(),
                    "tensor '%s': shape %s; config.json asks for %s"
                        .formatted(name, Arrays.toString(found), Arrays.toString(shape)));
              }
              tensors.put(
                  name, Tensors.owned(manager, folder.floats(name), precision.scalarType(), shape));
            });
    DecoderTensors.fused(config)
        .forEach(
            (name, parts) -> {
              fuse(manager, tensors, name + ".weight", suffixed(parts, ".weight"));
              fuse(manager, tensors, name + ".bias", suffixed(parts, ".bias"));
            });
    return new Dictionary(tensors);
  }

  private static List<String> suffixed(List<String> names, String suffix) {
    return names.stream().map(name -> name + suffix).toList();
  }

  /** Puts one tensor in the place of its parts, where they are there. */
  private static void fuse(
      NDManager manager, Map<String, NDArray> tensors, String name, List<String> parts) {
    if (!tensors.containsKey(parts.get(0))) {
      return;
    }
    List<NDArray> arrays = parts.stream().map(tensors::remove).toList();
    tensors.put(name, TorchScript.SHARED.train(manager, "concatenate", arrays).get(0));
    arrays.forEach(NDArray::close);
  }

  /** Returns the folder that the model was read from. */
  public Path folder() {
    return folder;
  }

  /** Returns the model's shape. */
  public ModelConfig config() {
    return config;
  }

  /**
   * Returns the tokenizer.
   *
   * @throws ModelFormatException if the folder has none
   */
  public Tokenizer tokenizer() {
    if (tokenizer == null) {
      throw new ModelFormatException(folder, "no tokenizer.json");
    }
    return tokenizer;
  }

  /** Returns the SHA-256 of the folder's content, in hexadecimal: the base's identity. */
  public String sha256() {
    return sha256;
  }

  /** Returns the precision that the model computes in. */
  public Precision precision() {
    return precision;
  }

  /** Returns how many tokens a prompt and a reply may have together. */
  public int maxTokens() {
    return RotaryTables.maxTokens(config);
  }

  /** Returns the weights for scripts, in the compute type. */
  public Dictionary weights() {
    return weights;
  }

  /**
   * Returns the script argument {@code shape}: layers, query heads, key/value heads, and each
   * layer's attention window or 0.
   */
  public long[] shape() {
    return DecoderTensors.scriptShape(config);
  }

  /**
   * Reads whole texts.
   *
   * @param ids texts of one length, [rows][tokens]
   * @return the last hidden states after the final norm, [rows, tokens, hidden], fp32
   */
  public NDArray hiddenStates(NDManager results, long[][] ids) {
    try (NDManager scratch = results.newSubManager()) {
      return TorchScript.SHARED.infer(results, "cast", states(scratch, ids), TorchScript.FLOAT32);
    }
  }

  /** Like {@link #hiddenStates}, but the next token's logits, [rows, tokens, vocabulary], fp32. */
  public NDArray logits(NDManager results, long[][] ids) {
    try (NDManager scratch = results.newSubManager()) {
      return TorchScript.SHARED.infer(results, "logits", states(scratch, ids), weights);
    }
  }

  /** A text's last token is read as a reply to the others, so that it takes the way of all. */
  private NDArray states(NDManager scratch, long[][] ids) {
    int length = ids[0].length;
    if (length > maxTokens()) {
      throw new IllegalArgumentException(
          length + " tokens; the model reads " + maxTokens() + " at most");
    }
    int prompt = Math.max(1, length - 1);
    List<TokenBatch.Row> rows = new ArrayList<>();
    long[] order = new long[ids.length * length];
    for (int row = 0; row < ids.length; row++) {
      int[] text = Arrays.stream(ids[row]).mapToInt(Math::toIntExact).toArray();
      int[] last = {text[length - 1]};
      rows.add(new TokenBatch.Row(Arrays.copyOf(text, prompt), List.of(last)));
      for (int t = 0; t < length; t++) {
        order[row * length + t] =
            t < prompt ? (long) row * prompt + t : (long) ids.length * prompt + row;
      }
    }
    try (Dictionary batch = new Dictionary(new TokenBatch(rows).tensors(scratch, config));
        Dictionary none = new Dictionary(Map.of())) {
      NDArray packed =
          TorchScript.SHARED.infer(
              scratch, "packed_states", batch, weights, none, shape(), config.rmsNormEps(), true);
      NDArray at = Tensors.of(scratch, order, ids.length, length);
      return TorchScript.SHARED.infer(scratch, "pad", packed, at);
    }
  }

  @Override
  public void close() {
    weights.close();
    manager.close();
    if (tokenizer != null) {
      tokenizer.close();
    }
  }
}
