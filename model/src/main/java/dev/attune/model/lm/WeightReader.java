package dev.attune.model.lm;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.attune.model.engine.Tensors;
import dev.attune.model.engine.TorchScript;
import dev.attune.model.io.ElementType;
import dev.attune.model.io.ModelFolder;
import dev.attune.model.io.TensorInfo;

/**
 * Reads stored tensors from their mapped files into memory of the engine's own, where they lie in
 * the compute type. Nothing of them passes through the heap, and beside the result there is never
 * more than one part of a tensor: a checkpoint needs its own size once, whatever it is stored as.
 */
final class WeightReader {
  /** Bounds what is converted at a time; also keeps each part below Java's 2 GiB for a buffer. */
  private static final int PART_BYTES = 1 << 25;

  private WeightReader() {}

  /**
   * Returns a tensor of the folder.
   *
   * @param name a tensor of type F32, F16 or BF16 that is there, as {@link ModelFolder#require}
   *     makes sure
   * @param scalarType TorchScript's number of the compute type
   */
  static NDArray read(NDManager manager, ModelFolder folder, String name, int scalarType) {
    TensorInfo info = folder.info(name);
    boolean brain = info.type() == ElementType.BF16;
    // The engine makes no bfloat16 tensor from bytes: their bits enter as those of another type.
    DataType type = info.type() == ElementType.F32 ? DataType.FLOAT32 : DataType.FLOAT16;
    int most = PART_BYTES / info.type().bytes();
    NDArray whole = allocate(manager, info.dimensions(), scalarType);
    for (long first = 0; first < info.elements(); first += most) {
      int count = (int) Math.min(most, info.elements() - first);
      try (NDManager scratch = manager.newSubManager()) {
        NDArray part = Tensors.of(scratch, folder.data(name, first, count), new Shape(count), type);
        TorchScript.SHARED.train(scratch, "fill", whole, part, first, brain);
      }
    }
    return whole;
  }

  private static NDArray allocate(NDManager manager, long[] shape, int scalarType) {
    try (NDArray near = Tensors.of(manager, new float[1])) {
      return TorchScript.SHARED.train(manager, "allocate", near, shape, scalarType).get(0);
    }
  }
}
