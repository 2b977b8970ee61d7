package dev.attune.model.lm;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import dev.attune.model.io.ModelConfig;
import dev.attune.model.io.ModelFolder;
import java.util.Arrays;

/**
 * The decoder in plain fp32 array operations, one text at a time, straight from the papers: what
 * the scripts are compared with.
 */
public final class DecoderOracle {
  private final ModelFolder folder;
  private final ModelConfig config;
  private final NDManager manager;

  /** Makes an oracle whose arrays belong to {@code manager}. */
  public DecoderOracle(ModelFolder folder, NDManager manager) {
    this.folder = folder;
    this.config = folder.config();
    this.manager = manager;
  }

  /** Returns the last hidden states, [tokens, hidden]. */
  public NDArray hiddenStates(int[] ids) {
    NDArray x = weight("model.embed_tokens.weight").get(manager.create(ids));
    for (int i = 0; i < config.layers(); i++) {
      String layer = "model.layers." + i;
      NDArray h = rmsNorm(x, layer + ".input_layernorm.weight");
      x = x.add(attention(h, layer + ".self_attn."));
      h = rmsNorm(x, layer + ".post_attention_layernorm.weight");
      NDArray gate = linear(h, layer + ".mlp.gate_proj");
      gate = gate.div(gate.neg().exp().add(1));
      x = x.add(linear(gate.mul(linear(h, layer + ".mlp.up_proj")), layer + ".mlp.down_proj"));
    }
    return rmsNorm(x, "model.norm.weight");
  }

  private NDArray attention(NDArray h, String name) {
    int size = config.headDim();
    NDArray q = linear(h, name + "q_proj");
    NDArray k = linear(h, name + "k_proj");
    NDArray v = linear(h, name + "v_proj");
    NDList heads = new NDList();
    for (int head = 0; head < config.heads(); head++) {
      int shared = head / (config.heads() / config.keyValueHeads());
      NDArray qh = rotate(columns(q, head, size));
      NDArray kh = rotate(columns(k, shared, size));
      NDArray scores = qh.matMul(kh.transpose()).div(Math.sqrt(size));
      heads.add(
          scores.add(future(h.getShape().get(0))).softmax(1).matMul(columns(v, shared, size)));
    }
    return linear(heads.size() == 1 ? heads.get(0) : concat(heads), name + "o_proj");
  }

  private NDArray future(long length) {
    float[][] hidden = new float[(int) length][(int) length];
    for (int i = 0; i < length; i++) {
      Arrays.fill(hidden[i], i + 1, (int) length, -1e9f);
    }
    return manager.create(hidden);
  }

  private static NDArray concat(NDList heads) {
    NDArray all = heads.get(0);
    for (NDArray head : heads.subList(1, heads.size())) {
      all = all.concat(head, 1);
    }
    return all;
  }

  private static NDArray columns(NDArray x, int head, int size) {
    return x.get(new NDIndex(":, {}:{}", head * size, (head + 1) * size));
  }

  private NDArray rotate(NDArray x) {
    int half = config.headDim() / 2;
    double[] frequencies = RotaryTables.frequencies(config.rope(), config.headDim());
    float[][] cos = new float[(int) x.getShape().get(0)][half];
    float[][] sin = new float[cos.length][half];
    for (int p = 0; p < cos.length; p++) {
      for (int i = 0; i < half; i++) {
        cos[p][i] = (float) Math.cos(p * frequencies[i]);
        sin[p][i] = (float) Math.sin(p * frequencies[i]);
      }
    }
    NDArray c = manager.create(cos);
    NDArray s = manager.create(sin);
    NDArray a = x.get(new NDIndex(":, :{}", half));
    NDArray b = x.get(new NDIndex(":, {}:", half));
    return a.mul(c).sub(b.mul(s)).concat(b.mul(c).add(a.mul(s)), 1);
  }

  private NDArray rmsNorm(NDArray x, String name) {
    NDArray meanSquare = x.mul(x).mean(new int[] {1}, true);
    return x.div(meanSquare.add(config.rmsNormEps()).sqrt()).mul(weight(name));
  }

  private NDArray linear(NDArray x, String name) {
    return x.matMul(weight(name + ".weight").transpose());
  }

  private NDArray weight(String name) {
    return manager.create(folder.floats(name), new Shape(folder.info(name).dimensions()));
  }
}
