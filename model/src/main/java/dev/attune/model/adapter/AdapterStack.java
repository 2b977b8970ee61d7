package dev.attune.model.adapter;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.attune.model.engine.Dictionary;
import dev.attune.model.engine.Torch;
import dev.attune.model.engine.TorchScript;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Several adapters side by side in native memory, so that each row of a batch can go through its
 * own one in a single forward pass. Every tensor gets the members as its first dimension: {@code
 * <linear>.lora_A} is [M, r, in], {@code <linear>.lora_B} is [M, out, r], {@code scaling} is [M].
 * Ranks below the largest one, and linear layers that only other members adapt, are filled up with
 * zeros, which add nothing. A single member stays as it is, without that dimension.
 *
 * <p>It owns copies: the members may be closed before it. Safe for use by several threads as long
 * as nobody closes it.
 */
public final class AdapterStack implements AutoCloseable {
  private final NDManager manager = Torch.newManager();
  private final int size;
  private final Map<String, NDArray> arrays;
  private final Dictionary tensors;

  private AdapterStack(List<Map<String, NDArray>> members) {
    if (members.isEmpty()) {
      throw new IllegalArgumentException("a stack has at least one member");
    }
    size = members.size();
    boolean made = false;
    try {
      arrays = stack(members);
      tensors = new Dictionary(arrays);
      made = true;
    } finally {
      if (!made) {
        manager.close();
      }
    }
  }

  /** Copies adapters to native memory, in fp32. */
  public static AdapterStack of(List<LoraAdapter> adapters) {
    try (NDManager scratch = Torch.newManager()) {
      return ofTensors(adapters.stream().map(adapter -> adapter.tensors(scratch)).toList());
    }
  }

  /**
   * Stacks what is in native memory already.
   *
   * @param members for each adapter its matrices and its "scaling" by their names in scripts;
   *     further matrices, such as heads, are stacked in the same way
   */
  public static AdapterStack ofTensors(List<Map<String, NDArray>> members) {
    return new AdapterStack(List.copyOf(members));
  }

  private Map<String, NDArray> stack(List<Map<String, NDArray>> members) {
    Set<String> names = new LinkedHashSet<>();
    members.forEach(member -> names.addAll(member.keySet()));
    Map<String, NDArray> stacked = new LinkedHashMap<>();
    try (NDArray absent = manager.zeros(new Shape(0, 0))) {
      for (String name : names) {
        List<NDArray> matrices =
            members.stream().map(member -> member.getOrDefault(name, absent)).toList();
        NDArray all = padded(matrices);
        if (size == 1) {
          all = all.reshape(matrices.get(0).getShape());
        } else if (name.equals(LoraAdapter.SCALING)) {
          all = all.reshape(size);
        }
        stacked.put(name, all);
      }
    }
    return stacked;
  }

  private NDArray padded(List<NDArray> matrices) {
    return TorchScript.SHARED
        .train(manager, "stack_padded", matrices, longest(matrices, 2), longest(matrices, 1))
        .get(0);
  }

  /** Returns the largest dimension, counted from the last, which is 1; a number has 1 of each. */
  private static long longest(List<NDArray> matrices, int fromLast) {
    return matrices.stream()
        .map(NDArray::getShape)
        .mapToLong(shape -> shape.dimension() == 0 ? 1 : shape.get(shape.dimension() - fromLast))
        .max()
        .orElse(0);
  }

  /** Returns the script argument {@code lora}. */
  public Dictionary tensors() {
    return tensors;
  }

  Map<String, NDArray> arrays() {
    return arrays;
  }

  /** Returns the number of members. */
  public int size() {
    return size;
  }

  /** Returns the native memory that the stack holds. */
  public long bytes() {
    return Float.BYTES * arrays.values().stream().mapToLong(NDArray::size).sum();
  }

  @Override
  public void close() {
    tensors.close();
    manager.close();
  }
}
