package dev.attune.model.lm;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.attune.model.engine.Tensors;
import java.util.Map;

/**
 * What a pass through the decoder does in training and not in scoring.
 *
 * @param checkpointing whether each layer is computed once more on the way back instead of being
 *     kept (Chen et al. 2016, arXiv 1604.06174): less memory, a third more time, equal gradients
 * @param dropout probability with which an element of an adapter's input is dropped
 * @param seed decides which; another one for each step
 */
public record TrainingPass(boolean checkpointing, double dropout, long seed) {
  /** Adds its tensors to those of a batch. */
  public void putTensors(NDManager manager, Map<String, NDArray> tensors) {
    if (checkpointing) {
      tensors.put("checkpoint", Tensors.of(manager, new long[] {1}, 1));
    }
    if (dropout > 0) {
      tensors.put("dropout", Tensors.of(manager, new float[] {(float) dropout}, 1));
      tensors.put("dropout_seed", Tensors.of(manager, new long[] {seed & Long.MAX_VALUE}, 1));
    }
  }
}
