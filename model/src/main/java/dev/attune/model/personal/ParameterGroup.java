package dev.attune.model.personal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.attune.model.engine.Tensors;
import dev.attune.model.engine.TorchScript;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The fp32 masters of some parameters that are learned at one rate, and AdamW's moments, in native
 * memory that somebody else frees.
 */
final class ParameterGroup {
  private final Map<String, NDArray> weights = new LinkedHashMap<>();
  private final List<NDArray> means = new ArrayList<>();
  private final List<NDArray> squares = new ArrayList<>();
  private final List<NDArray> steps = new ArrayList<>();

  /** A parameter with its optimiser state. */
  @SuppressWarnings("ArrayRecordComponent") // a private carrier that is never compared
  record Slot(long[] shape, float[] weight, float[] mean, float[] square, float steps) {
    static Slot fresh(long[] shape, float[] weight) {
      return new Slot(shape, weight, new float[weight.length], new float[weight.length], 0);
    }
  }

  ParameterGroup(NDManager manager, Map<String, Slot> slots) {
    slots.forEach(
        (name, slot) -> {
          weights.put(name, owned(manager, slot.weight, slot.shape));
          means.add(owned(manager, slot.mean, slot.shape));
          squares.add(owned(manager, slot.square, slot.shape));
          steps.add(owned(manager, new float[] {slot.steps}));
        });
  }

  /** Memory of the engine's own: its alignment, and with it each result, is always the same. */
  private static NDArray owned(NDManager manager, float[] values, long... shape) {
    return Tensors.owned(manager, values, TorchScript.FLOAT32, shape);
  }

  Map<String, NDArray> weights() {
    return weights;
  }

  /** One step of AdamW. */
  void step(
      NDManager scratch,
      List<NDArray> gradients,
      double learningRate,
      double beta1,
      double beta2,
      double decay) {
    if (!weights.isEmpty()) {
      TorchScript.SHARED.train(
          scratch,
          "adamw",
          List.copyOf(weights.values()),
          gradients,
          means,
          squares,
          steps,
          learningRate,
          beta1,
          beta2,
          decay,
          1e-8);
    }
  }

  /** Adds copies of everything to {@code slots}. */
  void copyTo(Map<String, Slot> slots) {
    int i = 0;
    for (Map.Entry<String, NDArray> entry : weights.entrySet()) {
      slots.put(
          entry.getKey(),
          new Slot(
              entry.getValue().getShape().getShape(),
              Tensors.floats(entry.getValue()),
              Tensors.floats(means.get(i)),
              Tensors.floats(squares.get(i)),
              Tensors.floats(steps.get(i))[0]));
      i++;
    }
  }
}
