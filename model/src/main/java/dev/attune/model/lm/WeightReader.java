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
import java.util.List;

/**
 * Reads stored tensors from their mapped files into memory of the engine's own, where they lie in
 * the compute type. Nothing of them passes through the heap, and beside the result there is never
 * more than one part of a tensor: a checkpoint needs its own size once, whatever it is stored as.
 */
final class WeightReader {
  /** Bounds what is converted at a time; also keeps each part below Java's 2 GiB for a buffer. */
  private static final int PART_BYTES = 1 << 24;

  private WeightReader() {}

  /**
   * Returns stored tensors as one, the rows of each below those of the one before.
   *
   * @param names at least one, of type F32, F16 or BF16 and of the same width; {@link
   *     ModelFolder#require} makes sure of both
   * @param scalarType TorchScript's number of the compute type
   */
  static NDArray read(NDManager manager, ModelFolder folder, List<String> names, int scalarType) {
    long[] shape = folder.info(names.get(0)).dimensions();
    shape[0] = names.stream().mapToLong(name -> folder.info(name).dimensions()[0]).sum();
    NDArray whole = allocate(manager, shape, scalarType);
    long first = 0;
    for (String name : names) {
      fill(manager, whole, first, folder, name);
      first += folder.info(name).elements();
    }
    return whole;
  }

  private static NDArray allocate(NDManager manager, long[] shape, int scalarType) {
    try (NDArray near = Tensors.of(manager, new float[1])) {
      return TorchScript.SHARED.train(manager, "allocate", near, shape, scalarType).get(0);
    }
  }

  private static void fill(
      NDManager manager, NDArray whole, long first, ModelFolder folder, String name) {
    TensorInfo info = folder.info(name);
    boolean brain = info.type() == ElementType.BF16;
    // The engine makes no bfloat16 tensor from bytes: their bits enter as those of another type.
    DataType type = info.type() == ElementType.F32 ? DataType.FLOAT32 : DataType.FLOAT16;
    int most = PART_BYTES / info.type().bytes();
    for (long done = 0; done < info.elements(); done += most) {
      int count = (int) Math.min(most, info.elements() - done);
      try (NDManager scratch = manager.newSubManager()) {
        NDArray part = Tensors.of(scratch, folder.data(name, done, count), new Shape(count), type);
        TorchScript.SHARED.train(scratch, "fill", whole, part, first + done, brain);
      }
    }
  }
}
