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
import java.util.function.ToIntFunction;
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
      DecoderTensors.shapes(config).forEach(folder::require);
      Tokenizer tokenizer =
          folder.tokenizerJson().map(file -> tokenizer(file, config)).orElse(null);
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

  private static Tokenizer tokenizer(Path file, ModelConfig config) {
    Tokenizer tokenizer = Tokenizer.load(file);
    if (tokenizer.size() > config.vocabularySize()) {
      tokenizer.close();
      throw new ModelFormatException(
          file,
          "its ids reach %d; tensor '%s' has %d rows"
              .formatted(tokenizer.size() - 1, DecoderTensors.EMBEDDING, config.vocabularySize()));
    }
    return tokenizer;
  }

  private static Dictionary read(ModelFolder folder, Precision precision, NDManager manager) {
    ModelConfig config = folder.config();
    Map<String, NDArray> tensors = new HashMap<>(RotaryTables.of(manager, config));
    Map<String, List<String>> parts = DecoderTensors.stored(config);
    for (String name : parts.keySet()) {
      tensors.put(
          name, WeightReader.read(manager, folder, parts.get(name), precision.scalarType()));
    }
    return new Dictionary(tensors);
  }

  /** Returns the folder that the model was read from. */
  public Path folder() {
    return folder;
  }

  /** Returns the model's shape. */
  public ModelConfig config() {
    return config;
  }

  /** Returns whether the folder has a tokenizer. */
  public boolean hasTokenizer() {
    return tokenizer != null;
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
    return hiddenStates(results, texts(ids), null);
  }

  /** Like {@link #hiddenStates}, but the next token's logits, [rows, tokens, vocabulary], fp32. */
  public NDArray logits(NDManager results, long[][] ids) {
    return logits(results, texts(ids), null);
  }

  /**
   * Reads whole texts of any lengths in one batch, laid out as those that are scored.
   *
   * @param texts token ids, none empty; {@code -1 - t} is the slot of vector t of the text's soft
   *     prompt, anywhere but at the end
   * @param vectors the soft prompts, [texts, vectors, hidden], or null where there are no slots
   * @return the last hidden states after the final norm, [texts, longest, hidden], fp32; what
   *     stands beyond a text's end means nothing
   * @throws IllegalArgumentException if an id is not in the vocabulary, a slot has no vector, or a
   *     text is too long
   */
  public NDArray hiddenStates(NDManager results, List<int[]> texts, @Nullable NDArray vectors) {
    try (NDManager scratch = results.newSubManager()) {
      NDArray states = states(scratch, texts, vectors, BaseModel::allButTheLast);
      return TorchScript.SHARED.infer(results, "cast", states, TorchScript.FLOAT32);
    }
  }

  /**
   * Like {@link #hiddenStates}, but the next token's logits, [texts, longest, vocabulary], fp32.
   */
  public NDArray logits(NDManager results, List<int[]> texts, @Nullable NDArray vectors) {
    try (NDManager scratch = results.newSubManager()) {
      NDArray states = states(scratch, texts, vectors, BaseModel::allButTheLast);
      return TorchScript.SHARED.infer(results, "logits", states, weights);
    }
  }

  /**
   * Reads whole texts, each as a prompt and one reply to it.
   *
   * @param promptOf how many of a text's tokens are its prompt: at least one, all slots among them
   * @return the last hidden states, [texts, longest, hidden], in the compute type
   */
  NDArray states(
      NDManager scratch,
      List<int[]> texts,
      @Nullable NDArray vectors,
      ToIntFunction<int[]> promptOf) {
    require(texts, vectors);
    List<TokenBatch.Row> rows = new ArrayList<>();
    int allPrompts = texts.stream().mapToInt(promptOf).sum();
    int longest = texts.stream().mapToInt(text -> text.length).max().orElse(0);
    long[] order = new long[texts.size() * longest];
    int prompts = 0;
    int replies = allPrompts;
    for (int n = 0; n < texts.size(); n++) {
      int[] text = texts.get(n);
      int prompt = promptOf.applyAsInt(text);
      // A text of one token is its own reply, which nobody reads.
      int[] reply = Arrays.copyOfRange(text, Math.min(prompt, text.length - 1), text.length);
      rows.add(new TokenBatch.Row(Arrays.copyOf(text, prompt), List.of(reply), 0, n));
      for (int t = 0; t < text.length; t++) {
        order[n * longest + t] = t < prompt ? (long) prompts + t : (long) replies + t - prompt;
      }
      prompts += prompt;
      replies += reply.length;
    }
    Map<String, NDArray> tensors = new TokenBatch(rows).tensors(scratch, config);
    if (vectors != null) {
      tensors.put("vectors", vectors);
    }
    try (Dictionary batch = new Dictionary(tensors);
        Dictionary none = new Dictionary(Map.of())) {
      NDArray packed =
          TorchScript.SHARED.infer(
              scratch, "packed_states", batch, weights, none, shape(), config.rmsNormEps(), true);
      NDArray at = Tensors.of(scratch, order, texts.size(), longest);
      return TorchScript.SHARED.infer(scratch, "pad", packed, at);
    }
  }

  /** Checks that all slots have a vector: the script would otherwise take another text's. */
  private void require(List<int[]> texts, @Nullable NDArray vectors) {
    if (texts.isEmpty() || texts.stream().anyMatch(text -> text.length == 0)) {
      throw new IllegalArgumentException("no texts, or one of no tokens; allowed is one or more");
    }
    int slots = -texts.stream().flatMapToInt(Arrays::stream).filter(id -> id < 0).min().orElse(0);
    long[] allowed = {texts.size(), slots, config.hiddenSize()};
    long[] found = vectors == null ? new long[] {} : vectors.getShape().getShape();
    if (vectors == null ? slots > 0 : !Arrays.equals(found, allowed)) {
      throw new IllegalArgumentException(
          "soft prompts of shape %s; the texts ask for %s"
              .formatted(Arrays.toString(found), Arrays.toString(allowed)));
    }
  }

  private static int allButTheLast(int[] text) {
    return Math.max(1, text.length - 1);
  }

  private static List<int[]> texts(long[][] ids) {
    return Arrays.stream(ids)
        .map(text -> Arrays.stream(text).mapToInt(Math::toIntExact).toArray())
        .toList();
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
