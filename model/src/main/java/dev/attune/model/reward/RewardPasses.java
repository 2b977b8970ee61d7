package dev.attune.model.reward;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.attune.model.engine.Dictionary;
import dev.attune.model.engine.Tensors;
import dev.attune.model.engine.Torch;
import dev.attune.model.engine.TorchScript;
import dev.attune.model.lm.BaseModel;
import dev.attune.model.lm.TrainingPass;
import dev.attune.model.reward.Comparisons.Weighted;
import dev.attune.model.reward.RewardWeights.Parameter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A learner's passes through its base: what heads read of replies, and a step along the gradient of
 * {@code reward.reward_gradients}. A batch goes in parts that fit into memory, in order. To be used
 * by one thread at a time.
 */
final class RewardPasses implements AutoCloseable {
  private final BaseModel base;
  private final OnlineConfig config;
  private final NDManager manager = Torch.newManager();
  private final NDArray scaling;

  RewardPasses(BaseModel base, OnlineConfig config) {
    this.base = base;
    this.config = config;
    this.scaling = Tensors.of(manager, new float[] {config.model().scaling()});
  }

  /**
   * What came of a step.
   *
   * @param loss before it
   * @param gradientNorm before clipping
   * @param rewards before it, [replies, heads]
   */
  @SuppressWarnings("ArrayRecordComponent") // a private carrier that is never compared
  record Step(double loss, float gradientNorm, float[] rewards) {
    /** False where loss or gradient are no numbers: nothing was changed then. */
    boolean applied() {
      return Double.isFinite(loss + gradientNorm);
    }
  }

  /** Returns what heads read of the examples' replies under the served adapter. */
  HeadInputs read(TrainableParameters parameters, List<EncodedExample> examples) {
    List<float[]> read = new ArrayList<>();
    List<Weighted> batch = examples.stream().map(example -> new Weighted(example, 1)).toList();
    try (Dictionary served = parameters.servedWith(scaling)) {
      for (List<Weighted> part : parts(batch)) {
        try (NDManager scratch = manager.newSubManager();
            Dictionary inputs = new Dictionary(dialogues(scratch, part))) {
          read.add(
              Tensors.floats(
                  TorchScript.SHARED.infer(
                      scratch,
                      "reply_inputs",
                      inputs,
                      base.weights(),
                      served,
                      base.shape(),
                      base.config().rmsNormEps())));
        }
      }
    }
    return new HeadInputs(joined(read), config.model().inputs(base.config().hiddenSize()));
  }

  /**
   * Takes a step of the optimiser.
   *
   * @param parameters which it changes
   * @param effects tensors of {@link SourceEffects#tensors}; none where sources have no effects
   * @param number of the step, from 1: for the learning rate, the average and the dropout
   * @param factor of the learning rate
   */
  Step step(
      TrainableParameters parameters,
      Map<String, Parameter> effects,
      Comparisons targets,
      List<Weighted> batch,
      long number,
      double factor) {
    try (NDManager scratch = manager.newSubManager()) {
      double loss = 0;
      List<NDArray> gradients = List.of();
      List<float[]> rewards = new ArrayList<>();
      for (List<Weighted> part : parts(batch)) {
        long seed = ReplayMemory.mix(ReplayMemory.mix(config.seed(), number), rewards.size());
        List<NDArray> results = gradients(scratch, parameters, effects, targets, part, seed);
        loss += Tensors.floats(results.get(0))[0];
        rewards.add(Tensors.floats(results.get(1)));
        List<NDArray> more = results.subList(2, results.size());
        if (gradients.isEmpty()) {
          gradients = more;
        } else {
          TorchScript.SHARED.train(scratch, "add_gradients", gradients, more);
          more.forEach(NDArray::close);
        }
      }
      float norm = update(scratch, parameters, loss, gradients, number, factor);
      return new Step(loss, norm, joined(rewards));
    }
  }

  /**
   * Returns the loss of a part of a batch, its rewards [replies, heads], and a gradient by each
   * parameter.
   */
  private List<NDArray> gradients(
      NDManager results,
      TrainableParameters parameters,
      Map<String, Parameter> effects,
      Comparisons targets,
      List<Weighted> part,
      long seed) {
    try (NDManager scratch = results.newSubManager()) {
      Map<String, NDArray> tensors = dialogues(scratch, part);
      targets.putTensors(scratch, part, tensors);
      effects.forEach(
          (name, p) ->
              tensors.put(
                  name, Tensors.owned(scratch, p.values(), TorchScript.FLOAT32, p.shape())));
      OptimizerConfig optimizer = config.optimizer();
      new TrainingPass(optimizer.checkpointing(), optimizer.dropout(), seed)
          .putTensors(scratch, tensors);
      try (Dictionary inputs = new Dictionary(tensors)) {
        return TorchScript.SHARED.train(
            results,
            "reward_gradients",
            inputs,
            base.weights(),
            parameters.weights(),
            scaling,
            base.shape(),
            base.config().rmsNormEps(),
            config.imitation());
      }
    }
  }

  /** Steps along the gradients; returns their norm. */
  private float update(
      NDManager scratch,
      TrainableParameters parameters,
      double loss,
      List<NDArray> gradients,
      long number,
      double factor) {
    OptimizerConfig optimizer = config.optimizer();
    return Tensors.floats(
        TorchScript.SHARED
            .train(
                scratch,
                "reward_update",
                Tensors.of(scratch, new float[] {(float) loss}),
                gradients,
                parameters.weights(),
                parameters.means(),
                parameters.squares(),
                parameters.steps(),
                parameters.averages(),
                optimizer.learningRate(number) * factor,
                optimizer.beta1(),
                optimizer.beta2(),
                optimizer.weightDecay(),
                optimizer.clip(),
                optimizer.average(number))
            .get(0))[0];
  }

  private Map<String, NDArray> dialogues(NDManager scratch, List<Weighted> part) {
    return EncodedDialogue.tensors(
        scratch,
        part.stream().map(weighted -> weighted.example().dialogue()).toList(),
        base,
        config.model());
  }

  /** Cuts a batch into parts. */
  private List<List<Weighted>> parts(List<Weighted> batch) {
    List<List<Weighted>> parts = new ArrayList<>();
    long tokens = Long.MAX_VALUE;
    for (Weighted weighted : batch) {
      int more = weighted.example().dialogue().tokens();
      if (tokens > config.microBatchTokens() - (long) more) {
        parts.add(new ArrayList<>());
        tokens = 0;
      }
      parts.get(parts.size() - 1).add(weighted);
      tokens += more;
    }
    return parts;
  }

  private static float[] joined(List<float[]> parts) {
    float[] all = new float[parts.stream().mapToInt(part -> part.length).sum()];
    int at = 0;
    for (float[] part : parts) {
      System.arraycopy(part, 0, all, at, part.length);
      at += part.length;
    }
    return all;
  }

  @Override
  public void close() {
    manager.close();
  }
}
