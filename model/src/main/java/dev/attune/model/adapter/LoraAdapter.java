package dev.attune.model.adapter;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.attune.model.engine.Tensors;
import dev.attune.model.engine.TorchScript;
import dev.attune.model.io.ModelConfig;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/**
 * The values of one low-rank adapter. Immutable: arrays are copied in and out.
 *
 * <p>Tensors have the names that scripts know them by: {@code <linear>.lora_A} [rank, in] and
 * {@code <linear>.lora_B} [out, rank], row-major.
 */
public final class LoraAdapter {
  /** The scripts' name of the factor of the adapter's product. */
  static final String SCALING = "scaling";

  private final LoraConfig config;
  private final Map<String, long[]> shapes;
  private final Map<String, float[]> values;

  private LoraAdapter(LoraConfig config, Map<String, long[]> shapes, Map<String, float[]> values) {
    this.config = config;
    this.shapes = shapes;
    this.values = values;
  }

  /**
   * Makes an adapter of values.
   *
   * @param values by tensor name; those that do not belong to the adapter are not looked at
   * @throws IllegalArgumentException naming the tensor that is missing, misshapen or not finite
   */
  public static LoraAdapter of(LoraConfig config, ModelConfig model, Map<String, float[]> values) {
    Map<String, long[]> shapes = config.shapes(model);
    Map<String, float[]> copies = new LinkedHashMap<>();
    shapes.forEach(
        (name, shape) -> {
          float[] tensor = values.get(name);
          if (tensor == null) {
            throw new IllegalArgumentException("tensor '" + name + "': missing");
          }
          if (tensor.length != shape[0] * shape[1]) {
            throw new IllegalArgumentException(
                "tensor '%s': %d elements; needed are %d by %d"
                    .formatted(name, tensor.length, shape[0], shape[1]));
          }
          for (float value : tensor) {
            if (!Float.isFinite(value)) {
              throw new IllegalArgumentException("tensor '" + name + "': not finite");
            }
          }
          copies.put(name, tensor.clone());
        });
    return new LoraAdapter(config, shapes, copies);
  }

  /**
   * Makes an adapter that has learned nothing: A is uniform within ±1/√in and B is zero, so the
   * model computes what it computes without it.
   */
  public static LoraAdapter untrained(LoraConfig config, ModelConfig model, long seed) {
    Random random = new Random(seed);
    Map<String, long[]> shapes = config.shapes(model);
    Map<String, float[]> values = new LinkedHashMap<>();
    shapes.forEach(
        (name, shape) -> {
          float[] tensor = new float[Math.toIntExact(shape[0] * shape[1])];
          if (name.endsWith(".lora_A")) {
            float bound = (float) (1 / Math.sqrt((double) shape[1]));
            for (int i = 0; i < tensor.length; i++) {
              tensor[i] = bound * (2 * random.nextFloat() - 1);
            }
          }
          values.put(name, tensor);
        });
    return new LoraAdapter(config, shapes, values);
  }

  /** Returns the adapter's shape. */
  public LoraConfig config() {
    return config;
  }

  /** Returns the names of all tensors, layer by layer. */
  public Set<String> names() {
    return Set.copyOf(shapes.keySet());
  }

  /** Returns a tensor's shape: [rank, in] or [out, rank]. */
  public long[] shape(String name) {
    return known(shapes, name).clone();
  }

  /** Returns a copy of a tensor's elements, row-major. */
  public float[] values(String name) {
    return known(values, name).clone();
  }

  /**
   * Copies the adapter to native memory, in fp32.
   *
   * @return the script argument {@code lora}: all tensors and the 0-dim "scaling"
   */
  public Map<String, NDArray> tensors(NDManager manager) {
    Map<String, NDArray> tensors = new LinkedHashMap<>();
    values.forEach((name, tensor) -> tensors.put(name, owned(manager, tensor, shapes.get(name))));
    tensors.put(SCALING, owned(manager, new float[] {(float) config.scaling()}, new long[0]));
    return tensors;
  }

  private static NDArray owned(NDManager manager, float[] values, long[] shape) {
    return Tensors.owned(manager, values, TorchScript.FLOAT32, shape);
  }

  private static <V> V known(Map<String, V> map, String name) {
    V value = map.get(name);
    if (value == null) {
      throw new IllegalArgumentException("the adapter has no tensor '" + name + "'");
    }
    return value;
  }
}
