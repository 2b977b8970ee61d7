package dev.attune.bench;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.attune.model.engine.Dictionary;
import dev.attune.model.engine.Tensors;
import dev.attune.model.engine.Torch;
import dev.attune.model.engine.TorchScript;
import dev.attune.model.lm.BaseModel;
import dev.attune.model.reference.Gradients;
import dev.attune.model.reference.ReferenceAdamW.Settings;
import dev.attune.model.reference.ReferenceLosses.Comparison;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What is measured: the scripts' forward pass and training step on one workload. */
final class ScriptSide implements AutoCloseable {
  private final BaseModel base;
  private final Workload work;
  private final Learned learned;
  private final Settings optimizer;
  private final NDManager manager = Torch.newManager();
  private final Map<String, NDArray> parameters;
  private final List<NDArray> means = new ArrayList<>();
  private final List<NDArray> squares = new ArrayList<>();
  private final List<NDArray> steps = new ArrayList<>();
  private final NDArray scaling;

  ScriptSide(BaseModel base, Workload work, Learned learned, Settings optimizer) {
    this.base = base;
    this.work = work;
    this.learned = learned;
    this.optimizer = optimizer;
    parameters = learned.parameters(manager, base.config());
    parameters
        .values()
        .forEach(
            parameter -> {
              means.add(zeros(parameter));
              squares.add(zeros(parameter));
              steps.add(Tensors.of(manager, new float[1], 1));
            });
    float[] factors = new float[Math.max(1, learned.adapters())];
    Arrays.fill(factors, Learned.SCALING);
    scaling = Tensors.of(manager, factors, factors.length);
  }

  private NDArray zeros(NDArray like) {
    float[] values = new float[Math.toIntExact(like.size())];
    return Tensors.owned(manager, values, TorchScript.FLOAT32, like.getShape().getShape());
  }

  /** Scores the workload; returns the rewards. */
  float[] score() {
    try (NDManager scratch = manager.newSubManager();
        Dictionary inputs = new Dictionary(inputs(scratch, parameters));
        Dictionary adapter = new Dictionary(adapter(parameters))) {
      NDArray rewards =
          TorchScript.SHARED.infer(
              scratch,
              "score",
              inputs,
              base.weights(),
              adapter,
              base.shape(),
              base.config().rmsNormEps());
      return Tensors.floats(rewards);
    }
  }

  /** Takes one step on the ranking loss; returns the loss before it. */
  float step() {
    try (NDManager scratch = manager.newSubManager()) {
      Gradients found = Gradients.of(scratch, parameters, leaves -> loss(scratch, leaves));
      List<NDArray> gradients = new ArrayList<>(found.gradients().values());
      TorchScript.SHARED.train(scratch, "clip", gradients, optimizer.clip());
      TorchScript.SHARED.train(
          scratch,
          "adamw",
          new ArrayList<>(parameters.values()),
          gradients,
          means,
          squares,
          steps,
          optimizer.learningRate(),
          optimizer.beta1(),
          optimizer.beta2(),
          optimizer.decay(),
          1e-8);
      return Tensors.floats(found.loss())[0];
    }
  }

  private NDArray loss(NDManager scratch, Map<String, NDArray> leaves) {
    Map<String, NDArray> tensors = inputs(scratch, leaves);
    List<Comparison> pairs = work.comparisons();
    int n = pairs.size();
    float[] weights = new float[n];
    Arrays.fill(weights, 1f / n);
    tensors.put(
        "preferred",
        Tensors.of(scratch, pairs.stream().mapToLong(Comparison::preferred).toArray(), n));
    tensors.put(
        "other", Tensors.of(scratch, pairs.stream().mapToLong(Comparison::other).toArray(), n));
    tensors.put("weight", Tensors.of(scratch, weights, n));
    tensors.put("margin", Tensors.of(scratch, new float[n], n));
    tensors.put("tie", Tensors.of(scratch, new float[n], n));
    try (Dictionary batch = new Dictionary(tensors);
        Dictionary adapter = new Dictionary(adapter(leaves))) {
      double eps = base.config().rmsNormEps();
      NDArray states =
          call(scratch, "packed_states", batch, base.weights(), adapter, base.shape(), eps, false);
      NDArray rewards = call(scratch, "rewards", states, batch, leaves.get("heads"));
      return call(scratch, "ranking_loss", rewards.reshape(-1), batch);
    }
  }

  private static NDArray call(NDManager results, String method, Object... arguments) {
    return TorchScript.SHARED.train(results, method, arguments).get(0);
  }

  private Map<String, NDArray> inputs(NDManager scratch, Map<String, NDArray> values) {
    Map<String, NDArray> tensors = work.packed().tensors(scratch, base.config());
    if (learned.users() > 0) {
      tensors.put("vectors", values.get("vectors"));
    }
    if (learned.added()) {
      tensors.put("added", scaling);
    }
    return tensors;
  }

  private Map<String, NDArray> adapter(Map<String, NDArray> values) {
    Map<String, NDArray> adapter = new LinkedHashMap<>(values);
    adapter.put("scaling", scaling);
    return adapter;
  }

  @Override
  public void close() {
    manager.close();
  }
}
