package dev.attune.model.reference;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.ndarray.types.SparseFormat;
import ai.djl.nn.Activation;
import ai.djl.nn.core.Embedding;
import ai.djl.nn.core.Linear;
import dev.attune.model.engine.Torch;
import dev.attune.model.io.ModelConfig;
import dev.attune.model.io.ModelFolder;
import dev.attune.model.io.Rope.Scaling;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A decoder language model (Touvron et al. 2023, arXiv 2302.13971) in fp32 array operations.
 *
 * <p>Names of dimensions: B texts of S tokens with padding, D hidden size, H query heads, K
 * key/value heads, C the size of a head. Padding is on the right and attention is causal, so no
 * token ever sees it.
 *
 * <p>Results belong to the manager that is passed. Safe for use by several threads; gradients are
 * recorded where the calling thread's gradient mode is on and a parameter asks for them (see {@link
 * Gradients}).
 */
public final class ReferenceDecoder implements AutoCloseable {
  /** Longer texts than this are not rotated by the tables that are made once. */
  private static final int MOST_POSITIONS = 8192;

  private static final float HIDDEN = -1e9f;

  private final ModelConfig config;
  private final NDManager weightManager = Torch.newManager();
  private final Map<String, NDArray> weights = new HashMap<>();
  private final Rotation rotation;

  /** Cosines and sines, [S, C/2], or [B, 1, S, C/2] where texts differ. */
  private record Rotation(NDArray cos, NDArray sin) {}

  /**
   * Low-rank adapters beside any of the linear layers (Hu et al. 2021, arXiv 2106.09685).
   *
   * @param matrices {@code <linear>.lora_A} [rank, in] and {@code <linear>.lora_B} [out, rank]
   * @param scaling factor of their product, alpha / rank
   */
  public record Lora(Map<String, NDArray> matrices, double scaling) {
    /** The base as it is. */
    public static final Lora NONE = new Lora(Map.of(), 1);
  }

  /** Copies a folder's weights, which it does not close. */
  public ReferenceDecoder(ModelFolder folder) {
    config = folder.config();
    for (String name : folder.names()) {
      weights.put(
          name,
          weightManager.create(folder.floats(name), new Shape(folder.info(name).dimensions())));
    }
    int positions = Math.min(config.maxPositions(), MOST_POSITIONS);
    rotation = rotation(weightManager, new int[] {positions}, positions);
  }

  /** Returns the shape of the model. */
  public ModelConfig config() {
    return config;
  }

  /** Returns the last hidden states after the final norm, [B, S, D]; nothing at padding. */
  public NDArray states(NDManager manager, TextBatch batch, Lora lora) {
    return states(manager, batch, lora, null);
  }

  /** Like {@link #states(NDManager, TextBatch, Lora)}, with the users' vectors at the inputs. */
  public NDArray states(
      NDManager manager, TextBatch batch, Lora lora, @Nullable UserVectors users) {
    int length = batch.length();
    Rotation turned = rotation(manager, batch);
    Map<Integer, NDArray> masks = new HashMap<>();
    NDArray x = inputs(manager, batch, users);
    for (int i = 0; i < config.layers(); i++) {
      NDArray mask = masks.computeIfAbsent(config.windows().get(i), w -> mask(manager, length, w));
      // What a layer leaves behind is given back before the next one, unless a gradient needs it.
      try (NDManager scope = manager.newSubManager()) {
        x.attach(scope);
        x = layer(x, "model.layers." + i, lora, turned, mask);
        x.attach(manager);
      }
    }
    return rmsNorm(x, "model.norm.weight");
  }

  /** Returns the next token's logits, [B, S, vocabulary], for states [B, S, D]. */
  public NDArray logits(NDArray states) {
    String output = config.tiedEmbeddings() ? "model.embed_tokens.weight" : "lm_head.weight";
    return Linear.linear(states, weight(output)).get(0);
  }

  private NDArray inputs(NDManager manager, TextBatch batch, @Nullable UserVectors users) {
    NDArray x = embed(batch.ids(manager), weight("model.embed_tokens.weight"));
    if (users == null) {
      return x;
    }
    NDArray rows = users.values().reshape(-1, config.hiddenSize());
    rows.attach(manager);
    if (users.added()) {
      // [B, 1, D], for each token of the text
      return x.add(embed(batch.users(manager), rows));
    }
    NDArray vectors = embed(batch.vectorRows(manager, users.values().getShape().get(1)), rows);
    NDArray isVector = batch.isVector(manager);
    return x.sub(x.mul(isVector)).add(vectors.mul(isVector));
  }

  private static NDArray embed(NDArray ids, NDArray table) {
    return Embedding.embedding(ids, table, SparseFormat.DENSE).get(0);
  }

  private NDArray layer(NDArray x, String name, Lora lora, Rotation turned, NDArray mask) {
    NDArray h = rmsNorm(x, name + ".input_layernorm.weight");
    x = x.add(attention(h, name + ".self_attn.", lora, turned, mask));
    h = rmsNorm(x, name + ".post_attention_layernorm.weight");
    return x.add(feedForward(h, name + ".mlp.", lora));
  }

  /** Ainslie et al. 2023, arXiv 2305.13245: H / K query heads share a key/value head. */
  private NDArray attention(NDArray h, String name, Lora lora, Rotation turned, NDArray mask) {
    int share = config.heads() / config.keyValueHeads();
    NDArray q = heads(linear(h, name + "q_proj", lora), config.heads());
    NDArray k = heads(linear(h, name + "k_proj", lora), config.keyValueHeads());
    NDArray v = heads(linear(h, name + "v_proj", lora), config.keyValueHeads());
    if (config.queryKeyNorm()) {
      q = rmsNorm(q, name + "q_norm.weight");
      k = rmsNorm(k, name + "k_norm.weight");
    }
    q = rotate(q, turned);
    k = rotate(k, turned);
    if (share > 1) {
      k = k.repeat(1, share);
      v = v.repeat(1, share);
    }
    NDArray scores = q.mul(1 / Math.sqrt(config.headDim())).matMul(k.transpose(0, 1, 3, 2));
    NDArray y = scores.add(mask).softmax(-1).matMul(v);
    Shape shape = h.getShape();
    long width = (long) config.heads() * config.headDim();
    y = y.transpose(0, 2, 1, 3).reshape(shape.get(0), shape.get(1), width);
    return linear(y, name + "o_proj", lora);
  }

  /** SwiGLU: Shazeer 2020, arXiv 2002.05202. */
  private NDArray feedForward(NDArray h, String name, Lora lora) {
    NDArray gate = linear(h, name + "gate_proj", lora);
    NDArray up = linear(h, name + "up_proj", lora);
    return linear(gate.mul(Activation.sigmoid(gate)).mul(up), name + "down_proj", lora);
  }

  /** Zhang and Sennrich 2019, arXiv 1910.07467, over the last dimension. */
  private NDArray rmsNorm(NDArray x, String name) {
    int last = x.getShape().dimension() - 1;
    NDArray meanSquare = x.square().mean(new int[] {last}, true);
    return x.div(meanSquare.add(config.rmsNormEps()).sqrt()).mul(weight(name));
  }

  private NDArray linear(NDArray x, String name, Lora lora) {
    NDArray bias = weights.get(name + ".bias");
    NDArray y =
        bias == null
            ? Linear.linear(x, weight(name + ".weight")).get(0)
            : Linear.linear(x, weight(name + ".weight"), bias).get(0);
    NDArray a = lora.matrices().get(name + ".lora_A");
    if (a == null) {
      return y;
    }
    NDArray b = lora.matrices().get(name + ".lora_B");
    NDArray low = Linear.linear(x, a).get(0).mul(lora.scaling());
    return y.add(Linear.linear(low, b).get(0));
  }

  /** [B, S, heads · C] to [B, heads, S, C]. */
  private static NDArray heads(NDArray x, int heads) {
    Shape shape = x.getShape();
    return x.reshape(shape.get(0), shape.get(1), heads, shape.get(2) / heads).transpose(0, 2, 1, 3);
  }

  /** The half-split layout of Hugging Face's weights. */
  private static NDArray rotate(NDArray x, Rotation turned) {
    NDList halves = x.split(2, 3);
    NDArray a = halves.get(0);
    NDArray b = halves.get(1);
    NDArray c = turned.cos();
    NDArray s = turned.sin();
    return a.mul(c).sub(b.mul(s)).concat(b.mul(c).add(a.mul(s)), 3);
  }

  /** [S, S]: nothing is hidden of a token's past, or of the window that ends at it. */
  private static NDArray mask(NDManager manager, int length, int window) {
    NDArray at = manager.arange(length).toType(DataType.FLOAT32, false);
    // how far back each column lies from its row
    NDArray back = at.reshape(length, 1).sub(at.reshape(1, length));
    NDArray hidden = back.lt(0);
    if (window > 0) {
      hidden = hidden.logicalOr(back.gte(window));
    }
    return hidden.toType(DataType.FLOAT32, false).mul(HIDDEN);
  }

  private Rotation rotation(NDManager manager, TextBatch batch) {
    int length = batch.length();
    int[] lengths = batch.texts().stream().mapToInt(text -> text.tokens().length).toArray();
    if (length > rotation.cos.getShape().get(0)
        || (config.rope().scaling() == Scaling.DYNAMIC
            && length > config.rope().originalMaxPositions())) {
      return rotation(manager, lengths, length);
    }
    NDArray cos = rotation.cos.get(new NDIndex(":{}", length));
    NDArray sin = rotation.sin.get(new NDIndex(":{}", length));
    cos.attach(manager);
    sin.attach(manager);
    return new Rotation(cos, sin);
  }

  /** Tables for texts of these lengths: [positions, C/2] for one, [B, 1, positions, C/2] else. */
  private Rotation rotation(NDManager manager, int[] lengths, int positions) {
    int half = config.headDim() / 2;
    float[] cos = new float[lengths.length * positions * half];
    float[] sin = new float[cos.length];
    int next = 0;
    for (int length : lengths) {
      for (double[] row :
          ReferenceRotation.angles(config.rope(), config.headDim(), length, positions)) {
        for (double angle : row) {
          cos[next] = (float) Math.cos(angle);
          sin[next++] = (float) Math.sin(angle);
        }
      }
    }
    Shape shape =
        lengths.length == 1
            ? new Shape(positions, half)
            : new Shape(lengths.length, 1, positions, half);
    return new Rotation(manager.create(cos, shape), manager.create(sin, shape));
  }

  private NDArray weight(String name) {
    NDArray weight = weights.get(name);
    if (weight == null) {
      throw new IllegalArgumentException("the model has no tensor " + name);
    }
    return weight;
  }

  @Override
  public void close() {
    weightManager.close();
  }
}
