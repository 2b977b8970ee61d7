package dev.attune.bench;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.attune.model.engine.Tensors;
import dev.attune.model.engine.TorchScript;
import dev.attune.model.io.ModelConfig;
import dev.attune.model.lm.DecoderTensors;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;

/**
 * How much is learned beside a frozen base.
 *
 * @param rank of the adapter on each linear layer
 * @param adapters that are stacked; 0 for one that all rows share
 * @param users that have vectors; 0 for none
 * @param vectors of a user: more than 0 for soft prompts, 0 for one that is added to each input
 */
record Learned(int rank, int adapters, int users, int vectors) {
  /** An adapter of rank 8 and a head. */
  static final Learned ADAPTER = new Learned(8, 0, 0, 0);

  private static final double DEVIATION = .02;

  /** The factor of the adapters' products. */
  static final float SCALING = 2;

  Learned withAdapters(int count) {
    return new Learned(rank, count, users, vectors);
  }

  Learned withUsers(int count, int vectorsEach) {
    return new Learned(rank, adapters, count, vectorsEach);
  }

  boolean added() {
    return users > 0 && vectors == 0;
  }

  /** Returns random parameters by their names in the scripts, fp32. */
  Map<String, NDArray> parameters(NDManager manager, ModelConfig config) {
    Random random = new Random(1);
    Map<String, NDArray> parameters = new LinkedHashMap<>();
    DecoderTensors.linearShapes(config)
        .forEach(
            (name, shape) -> {
              put(manager, random, parameters, name + ".lora_A", stacked(rank, shape[1]));
              put(manager, random, parameters, name + ".lora_B", stacked(shape[0], rank));
            });
    long hidden = config.hiddenSize();
    put(manager, random, parameters, "heads", new long[] {1, hidden});
    if (users > 0) {
      long[] shape = {users, Math.max(1, vectors), hidden};
      put(manager, random, parameters, "vectors", shape);
    }
    return parameters;
  }

  private long[] stacked(long rows, long columns) {
    return adapters == 0 ? new long[] {rows, columns} : new long[] {adapters, rows, columns};
  }

  private static void put(
      NDManager manager,
      Random random,
      Map<String, NDArray> parameters,
      String name,
      long[] shape) {
    float[] values = RandomModel.normal(random, DEVIATION, shape);
    parameters.put(name, Tensors.owned(manager, values, TorchScript.FLOAT32, shape));
  }
}
