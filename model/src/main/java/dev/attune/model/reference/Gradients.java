package dev.attune.model.reference;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;

/**
 * A loss and its gradients, by the engine's automatic differentiation.
 *
 * <p>The engine's own collector allows one open collector in a process; the calls beneath it, which
 * this uses, belong to the calling thread. Operations that copy or convert ({@code toType}, {@code
 * duplicate}) cut the graph without a word: a loss must not use them on its way.
 *
 * @param loss a number
 * @param gradients by the parameters' names, in their order
 */
public record Gradients(NDArray loss, Map<String, NDArray> gradients) {

  /**
   * Evaluates {@code loss} and differentiates it.
   *
   * @param manager owns everything that is made here; close it after each step
   * @param parameters fp32; only read
   * @param loss from the parameters, as arrays of {@code manager}, to a number
   */
  public static Gradients of(
      NDManager manager,
      Map<String, NDArray> parameters,
      Function<Map<String, NDArray>, NDArray> loss) {
    Map<String, NDArray> leaves = new LinkedHashMap<>();
    parameters.forEach(
        (name, parameter) -> {
          // Shares the parameter's memory, but not its manager: nothing of this step outlives it.
          NDArray leaf = parameter.stopGradient();
          leaf.attach(manager);
          leaf.setRequiresGradient(true);
          leaves.put(name, leaf);
        });
    boolean before = JniUtils.isGradMode();
    JniUtils.setGradMode(true);
    try {
      NDArray value = loss.apply(leaves);
      try (NDArray one = value.onesLike()) {
        JniUtils.backward((PtNDArray) value, (PtNDArray) one, false, false);
      }
      Map<String, NDArray> gradients = new LinkedHashMap<>();
      leaves.forEach((name, leaf) -> gradients.put(name, leaf.getGradient()));
      return new Gradients(value.stopGradient(), gradients);
    } finally {
      JniUtils.setGradMode(before);
    }
  }
}
