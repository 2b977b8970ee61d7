package dev.attune.bench;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.attune.model.engine.Precision;
import dev.attune.model.engine.Torch;
import dev.attune.model.engine.TorchScript;
import java.util.function.Supplier;

/**
 * How fast this machine multiplies matrices, now and with this process's threads: the best of
 * several products of square matrices, in floating-point operations a second.
 *
 * @param fp32 of a script
 * @param bf16 of a script
 * @param arrays of {@link NDArray#matMul}, fp32
 */
public record GemmPeak(double fp32, double bf16, double arrays) {
  /** Measures products of matrices of {@code size} rows and columns. */
  public static GemmPeak measure(int size, int repeats, Clock clock) {
    try (NDManager manager = Torch.newManager()) {
      NDArray x = manager.randomNormal(new Shape(size, size));
      NDArray y = manager.randomNormal(new Shape(size, size));
      return new GemmPeak(
          best(size, repeats, clock, () -> TorchScript.SHARED.infer(manager, "product", x, y)),
          bf16(manager, x, y, size, repeats, clock),
          best(size, repeats, clock, () -> x.matMul(y)));
    }
  }

  private static double bf16(
      NDManager manager, NDArray x, NDArray y, int size, int repeats, Clock clock) {
    int type = Precision.BF16.scalarType();
    NDArray a = TorchScript.SHARED.infer(manager, "cast", x, type);
    NDArray b = TorchScript.SHARED.infer(manager, "cast", y, type);
    return best(size, repeats, clock, () -> TorchScript.SHARED.infer(manager, "product", a, b));
  }

  private static double best(int size, int repeats, Clock clock, Supplier<NDArray> product) {
    double best = Double.MAX_VALUE;
    for (int i = 0; i < repeats; i++) {
      long start = clock.nanos();
      product.get().close();
      best = Math.min(best, (clock.nanos() - start) * 1e-9);
    }
    return 2.0 * size * size * size / best;
  }

  /** Returns the script's peak in a precision. */
  public double of(Precision precision) {
    return precision == Precision.BF16 ? bf16 : fp32;
  }
}
