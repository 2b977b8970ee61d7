package dev.attune.model.adapter;

import dev.attune.model.io.ModelConfig;
import dev.attune.model.lm.DecoderTensors;
import java.util.Collections;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * The shape of a low-rank adapter: Wx + s·BAx beside the chosen linear layers (Hu et al. 2021,
 * arXiv 2106.09685).
 *
 * @param rank rows of A and columns of B, at least 1
 * @param alpha the scale's numerator, positive
 * @param dropout probability with which an element of the adapter's input is dropped in training, 0
 *     to less than 1
 * @param targets the kinds of linear layers that have an adapter, at least one
 * @param layers the decoder layers that have adapters, from 0; empty stands for all
 * @param rankStabilized whether s is α/√r (Kalajdzievski 2023, arXiv 2312.03732) instead of α/r
 */
public record LoraConfig(
    int rank,
    double alpha,
    double dropout,
    Set<LinearLayer> targets,
    SortedSet<Integer> layers,
    boolean rankStabilized) {

  /** Checks every component and copies the sets. */
  public LoraConfig {
    require(rank >= 1, "rank", rank, "1 or more");
    require(alpha > 0 && Double.isFinite(alpha), "alpha", alpha, "a positive number");
    require(dropout >= 0 && dropout < 1, "dropout", dropout, "0 to less than 1");
    require(!targets.isEmpty(), "targets", targets, "at least one linear layer");
    require(layers.isEmpty() || layers.first() >= 0, "layers", layers, "numbers from 0");
    targets = Collections.unmodifiableSet(EnumSet.copyOf(targets));
    layers = Collections.unmodifiableSortedSet(new TreeSet<>(layers));
  }

  /** Adapters beside all linear layers, with scale α/r and without dropout. */
  public static LoraConfig everywhere(int rank, double alpha) {
    return new LoraConfig(
        rank, alpha, 0, EnumSet.allOf(LinearLayer.class), Collections.emptySortedSet(), false);
  }

  /** Returns the factor s of the adapter's product. */
  public double scaling() {
    return alpha / (rankStabilized ? Math.sqrt(rank) : rank);
  }

  /**
   * Returns the shapes of all tensors of an adapter for a model, layer by layer: {@code
   * <linear>.lora_A} is [rank, in], {@code <linear>.lora_B} is [out, rank].
   *
   * @throws IllegalArgumentException if the model has no such layer
   */
  public Map<String, long[]> shapes(ModelConfig model) {
    if (!layers.isEmpty() && layers.last() >= model.layers()) {
      throw new IllegalArgumentException(
          "layers is %s; the model has %d".formatted(layers, model.layers()));
    }
    Map<String, long[]> linears = DecoderTensors.linearShapes(model);
    Map<String, long[]> shapes = new LinkedHashMap<>();
    for (int layer = 0; layer < model.layers(); layer++) {
      if (layers.isEmpty() || layers.contains(layer)) {
        for (LinearLayer target : targets) {
          String linear = target.path(layer);
          long[] shape = linears.get(linear);
          shapes.put(linear + ".lora_A", new long[] {rank, shape[1]});
          shapes.put(linear + ".lora_B", new long[] {shape[0], rank});
        }
      }
    }
    return shapes;
  }

  private static void require(boolean valid, String name, Object value, String allowed) {
    if (!valid) {
      throw new IllegalArgumentException("%s is %s; allowed: %s".formatted(name, value, allowed));
    }
  }
}
