package dev.attune.model.engine;

import ai.djl.ndarray.NDArray;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.IValue;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Named tensors that are handed to scripts again and again, as one native value in the map's order.
 * It holds references of its own: the arrays may be closed before it. Safe for use by several
 * threads as long as nobody closes it.
 */
public final class Dictionary implements AutoCloseable {
  private final IValue value;

  /** Makes a dictionary of {@code tensors}. */
  public Dictionary(Map<String, ? extends NDArray> tensors) {
    Map<String, PtNDArray> checked = new LinkedHashMap<>();
    tensors.forEach((name, tensor) -> checked.put(name, (PtNDArray) Tensors.require(tensor)));
    value = IValue.stringMapFrom(checked);
  }

  IValue value() {
    return value;
  }

  @Override
  public void close() {
    value.close();
  }
}
