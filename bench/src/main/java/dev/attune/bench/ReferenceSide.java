package dev.attune.bench;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.attune.model.engine.Tensors;
import dev.attune.model.engine.Torch;
import dev.attune.model.reference.Gradients;
import dev.attune.model.reference.ReferenceAdamW;
import dev.attune.model.reference.ReferenceAdamW.Settings;
import dev.attune.model.reference.ReferenceDecoder;
import dev.attune.model.reference.ReferenceDecoder.Lora;
import dev.attune.model.reference.ReferenceLosses;
import dev.attune.model.reference.ReferenceLosses.Comparison;
import dev.attune.model.reference.TextBatch;
import java.util.List;
import java.util.Map;

/** The yardstick: the same mathematics in fp32 array operations, each text with its own prompt. */
final class ReferenceSide implements AutoCloseable {
  private final ReferenceDecoder decoder;
  private final TextBatch texts;
  private final List<Comparison> comparisons;
  private final NDManager manager = Torch.newManager();
  private final Map<String, NDArray> parameters;
  private final ReferenceAdamW optimizer;

  ReferenceSide(ReferenceDecoder decoder, Workload work, Learned learned, Settings optimizer) {
    this.decoder = decoder;
    texts = work.padded();
    comparisons = work.comparisons();
    parameters = learned.parameters(manager, decoder.config());
    this.optimizer = new ReferenceAdamW(manager, parameters, optimizer);
  }

  /** Scores the texts; returns the rewards. */
  float[] score() {
    try (NDManager scratch = manager.newSubManager()) {
      return Tensors.floats(rewards(scratch, parameters));
    }
  }

  /** Takes one step on the ranking loss; returns the loss before it. */
  float step() {
    try (NDManager scratch = manager.newSubManager()) {
      Gradients found =
          Gradients.of(
              scratch,
              parameters,
              leaves -> ReferenceLosses.ranking(rewards(scratch, leaves), comparisons));
      optimizer.step(found.gradients());
      return Tensors.floats(found.loss())[0];
    }
  }

  private NDArray rewards(NDManager scratch, Map<String, NDArray> values) {
    NDArray states = decoder.states(scratch, texts, new Lora(values, Learned.SCALING));
    return ReferenceLosses.rewards(states, texts, values.get("heads"));
  }

  @Override
  public void close() {
    optimizer.close();
    manager.close();
  }
}
