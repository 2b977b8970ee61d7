package dev.attune.model.engine;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;

/** The element type that a model computes in. What is learned is kept in fp32 either way. */
public enum Precision {
  /** IEEE single precision. */
  FP32(TorchScript.FLOAT32),
  /** Brain floating point; several times faster on processors with instructions for it. */
  BF16(TorchScript.BFLOAT16);

  private static final int REPEATS = 5;

  private final int scalarType;

  Precision(int scalarType) {
    this.scalarType = scalarType;
  }

  /** Returns the number by which TorchScript names this type. */
  public int scalarType() {
    return scalarType;
  }

  /** Returns the precision in which this machine multiplies matrices faster; measured once. */
  public static Precision fastest() {
    return Fastest.VALUE;
  }

  private static final class Fastest {
    static final Precision VALUE = seconds(BF16) < seconds(FP32) ? BF16 : FP32;

    /** The best of a few runs of a decoder-sized product, in seconds. */
    private static double seconds(Precision precision) {
      try (NDManager manager = Torch.newManager()) {
        NDArray x = manager.randomNormal(new Shape(1024, 256));
        NDArray y = manager.randomNormal(new Shape(768, 256));
        TorchScript script = TorchScript.SHARED;
        NDArray a = script.infer(manager, "cast", x, precision.scalarType);
        NDArray b = script.infer(manager, "cast", y, precision.scalarType);
        double best = Double.MAX_VALUE;
        for (int i = 0; i < REPEATS; i++) {
          long start = System.nanoTime();
          try (NDArray c = script.infer(manager, "product", a, b);
              NDArray first = script.infer(manager, "cast", c.get(0), TorchScript.FLOAT32)) {
            Tensors.floats(first); // a GPU is still at work until somebody reads
          }
          best = Math.min(best, (System.nanoTime() - start) * 1e-9);
        }
        return best;
      }
    }
  }
}
