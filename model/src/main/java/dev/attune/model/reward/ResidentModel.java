package dev.attune.model.reward;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.attune.model.engine.Dictionary;
import dev.attune.model.engine.Tensors;
import dev.attune.model.engine.Torch;
import dev.attune.model.engine.TorchScript;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A reward model's weights in native memory. References are counted: {@link #close} gives back the
 * loader's own, and the memory is freed when the last batch that uses it is done.
 */
public final class ResidentModel implements AutoCloseable {
  private final RewardWeights.Identity identity;
  private final String sha256;
  private final List<String> heads;
  private final float[] biases;
  private final NDManager manager = Torch.newManager();
  private final Map<String, NDArray> tensors = new LinkedHashMap<>();
  private final Dictionary adapter;
  private int references = 1;
  private boolean closed;

  ResidentModel(RewardWeights weights) {
    identity = weights.identity();
    sha256 = weights.sha256();
    heads = weights.headList();
    biases = weights.parameters().get(RewardWeights.BIASES).values();
    try {
      weights.parameters().forEach((name, p) -> tensors.put(name, owned(p.values(), p.shape())));
      tensors.put("scaling", owned(new float[] {identity.model().scaling()}));
      adapter = new Dictionary(tensors);
    } catch (RuntimeException | Error e) {
      manager.close();
      throw e;
    }
  }

  private NDArray owned(float[] values, long... shape) {
    return Tensors.owned(manager, values, TorchScript.FLOAT32, shape);
  }

  /** Returns the SHA-256 of the weights. */
  public String sha256() {
    return sha256;
  }

  RewardWeights.Identity identity() {
    return identity;
  }

  Dictionary adapter() {
    return adapter;
  }

  /** Returns the tensors of {@link #adapter} by name. */
  Map<String, NDArray> tensors() {
    return tensors;
  }

  int headCount() {
    return heads.size();
  }

  /** Returns the head's column; the pooled one's where there is no such head. */
  int column(String head) {
    int column = heads.indexOf(head);
    return column >= 0 ? column : heads.indexOf(RewardWeights.POOLED);
  }

  /** Returns what a head adds to the reward of a reply that is judged by itself. */
  double bias(int column) {
    return biases[column];
  }

  /**
   * Takes a reference.
   *
   * @throws IllegalStateException if the model is closed
   */
  synchronized void retain() {
    if (references == 0) {
      throw new IllegalStateException("the reward model is closed");
    }
    references++;
  }

  synchronized void release() {
    references--;
    if (references == 0) {
      adapter.close();
      manager.close();
    }
  }

  /** Whether the loader has closed the model; batches may still use it. */
  synchronized boolean isClosed() {
    return closed;
  }

  /** Gives back the loader's reference; a second call does nothing. */
  @Override
  public void close() {
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
    }
    release();
  }
}
