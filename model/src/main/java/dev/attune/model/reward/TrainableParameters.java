package dev.attune.model.reward;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.attune.model.engine.Dictionary;
import dev.attune.model.engine.Tensors;
import dev.attune.model.engine.Torch;
import dev.attune.model.engine.TorchScript;
import dev.attune.model.reward.LearnerState.Slot;
import dev.attune.model.reward.RewardWeights.Parameter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The fp32 masters of what is learned, AdamW's moments and the running average, in native memory.
 * Scripts change them in place.
 */
final class TrainableParameters implements AutoCloseable {
  private final NDManager manager = Torch.newManager();
  private final Map<String, NDArray> weights = new LinkedHashMap<>();
  private final List<NDArray> means = new ArrayList<>();
  private final List<NDArray> squares = new ArrayList<>();
  private final List<NDArray> steps = new ArrayList<>();
  private final List<NDArray> averages = new ArrayList<>();
  private final Dictionary dictionary;

  private TrainableParameters(Map<String, Slot> slots) {
    slots.forEach(
        (name, slot) -> {
          weights.put(name, owned(slot.weight(), slot.shape()));
          means.add(owned(slot.mean(), slot.shape()));
          squares.add(owned(slot.square(), slot.shape()));
          steps.add(owned(new float[] {slot.steps()}));
          averages.add(owned(slot.average(), slot.shape()));
        });
    dictionary = new Dictionary(weights);
  }

  /** Parameters as a learner left them. */
  static TrainableParameters of(Map<String, Slot> slots) {
    return new TrainableParameters(slots);
  }

  /** Parameters that start from these weights, with fresh moments. */
  static TrainableParameters from(Map<String, Parameter> parameters) {
    Map<String, Slot> slots = new LinkedHashMap<>();
    parameters.forEach(
        (name, p) -> {
          int size = p.values().length;
          slots.put(
              name,
              new Slot(p.shape(), p.values(), new float[size], new float[size], 0, p.values()));
        });
    return new TrainableParameters(slots);
  }

  /** Memory of the engine's own: its alignment, and with it each result, is always the same. */
  private NDArray owned(float[] values, long... shape) {
    return Tensors.owned(manager, values, TorchScript.FLOAT32, shape);
  }

  Dictionary weights() {
    return dictionary;
  }

  /**
   * Returns the running averages as the script {@code score} reads them, in this memory: valid
   * until the parameters change or are closed.
   */
  Dictionary servedWith(NDArray scaling) {
    Map<String, NDArray> tensors = new LinkedHashMap<>();
    int i = 0;
    for (String name : weights.keySet()) {
      tensors.put(name, averages.get(i++));
    }
    tensors.put("scaling", scaling);
    return new Dictionary(tensors);
  }

  /** Returns a copy of a parameter's running average. */
  Parameter served(String name) {
    NDArray average = averages.get(List.copyOf(weights.keySet()).indexOf(name));
    return new Parameter(average.getShape().getShape(), Tensors.floats(average));
  }

  List<NDArray> means() {
    return means;
  }

  List<NDArray> squares() {
    return squares;
  }

  List<NDArray> steps() {
    return steps;
  }

  List<NDArray> averages() {
    return averages;
  }

  /** Returns copies of everything. */
  Map<String, Slot> slots() {
    Map<String, Slot> slots = new LinkedHashMap<>();
    int i = 0;
    for (Map.Entry<String, NDArray> entry : weights.entrySet()) {
      slots.put(
          entry.getKey(),
          new Slot(
              entry.getValue().getShape().getShape(),
              Tensors.floats(entry.getValue()),
              Tensors.floats(means.get(i)),
              Tensors.floats(squares.get(i)),
              Tensors.floats(steps.get(i))[0],
              Tensors.floats(averages.get(i))));
      i++;
    }
    return slots;
  }

  /** Returns copies of the running averages. */
  Map<String, Parameter> served() {
    Map<String, Parameter> served = new LinkedHashMap<>();
    int i = 0;
    for (String name : weights.keySet()) {
      NDArray average = averages.get(i++);
      served.put(name, new Parameter(average.getShape().getShape(), Tensors.floats(average)));
    }
    return served;
  }

  @Override
  public void close() {
    dictionary.close();
    manager.close();
  }
}
