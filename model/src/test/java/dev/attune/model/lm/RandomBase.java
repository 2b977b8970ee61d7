package dev.attune.model.lm;

import dev.attune.model.io.ElementType;
import dev.attune.model.io.ModelConfig;
import dev.attune.model.io.ModelFamily;
import dev.attune.model.io.ModelFolder;
import dev.attune.model.io.Rope;
import dev.attune.model.io.Rope.Scaling;
import dev.attune.model.io.SafetensorsWriter;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;

/** Tiny Hugging Face folders with random weights, one for each thing in which families differ. */
@SuppressWarnings("ImmutableEnumChecker") // an immutable record, and a list that cannot be changed
public enum RandomBase {
  /** As plain as it gets: one key/value head a query head, tied embeddings. */
  LLAMA(Rope.unscaled(10_000, 64), Option.TIED, Option.UNGROUPED),
  /** Biases everywhere, an output projection of its own. */
  LLAMA_BIASES(Rope.unscaled(500_000, 64), Option.ATTENTION_BIAS, Option.OTHER_BIASES),
  /** Stretched evenly. */
  LLAMA_LINEAR(new Rope(10_000, Scaling.LINEAR, 4, 1, 1, 64)),
  /** Stretched by wave length, some of which lie in each of the three ranges. */
  LLAMA_LLAMA3(new Rope(10_000, Scaling.LLAMA3, 8, 1, 4, 32), Option.TIED),
  /** Made for texts of 12 tokens; the tests' are longer. */
  LLAMA_DYNAMIC(new Rope(10_000, Scaling.DYNAMIC, 2, 1, 1, 12)),
  /** A window of 5 positions in each layer. */
  MISTRAL_WINDOW(Rope.unscaled(10_000, 64), Option.WINDOW),
  /** Bias on q, k and v; the last layer has a window. */
  QWEN2(Rope.unscaled(1e6, 64), Option.ATTENTION_BIAS, Option.LAST_WINDOW, Option.TIED),
  /** Normalised queries and keys; heads together wider than the hidden size. */
  QWEN3(Rope.unscaled(1e6, 64), Option.QUERY_KEY_NORM, Option.WIDE_HEADS);

  /** Tokens of the vocabulary. */
  public static final int VOCABULARY = 40;

  private static final int HIDDEN = 24;
  private static final int LAYERS = 3;
  private static final int HEADS = 4;

  private enum Option {
    TIED,
    UNGROUPED,
    ATTENTION_BIAS,
    OTHER_BIASES,
    WINDOW,
    LAST_WINDOW,
    QUERY_KEY_NORM,
    WIDE_HEADS
  }

  private final Rope rope;
  private final List<Option> options;

  RandomBase(Rope rope, Option... options) {
    this.rope = rope;
    this.options = List.of(options);
  }

  /** Returns the shape. */
  public ModelConfig config() {
    List<Integer> windows =
        options.contains(Option.LAST_WINDOW)
            ? List.of(0, 0, 5)
            : Collections.nCopies(LAYERS, options.contains(Option.WINDOW) ? 5 : 0);
    return new ModelConfig(
        ModelFamily.valueOf(name().replaceAll("_.*", "")),
        VOCABULARY,
        HIDDEN,
        40,
        LAYERS,
        HEADS,
        options.contains(Option.UNGROUPED) ? HEADS : 2,
        options.contains(Option.WIDE_HEADS) ? 8 : HIDDEN / HEADS,
        rope.scaling() == Scaling.DYNAMIC ? rope.originalMaxPositions() : 64,
        1e-6,
        rope,
        windows,
        options.contains(Option.TIED),
        options.contains(Option.ATTENTION_BIAS),
        options.contains(Option.OTHER_BIASES),
        options.contains(Option.OTHER_BIASES),
        options.contains(Option.QUERY_KEY_NORM),
        ElementType.F32,
        OptionalInt.empty(),
        List.of(),
        OptionalInt.empty());
  }

  /** Writes a folder with random weights and returns it. */
  public Path write(Path folder, long seed) {
    return write(folder, config(), seed);
  }

  /** Writes a folder of any shape with random weights and returns it. */
  public static Path write(Path folder, ModelConfig config, long seed) {
    Random random = new Random(seed);
    SafetensorsWriter writer = new SafetensorsWriter();
    DecoderTensors.shapes(config)
        .forEach(
            (name, shape) -> {
              double mean = name.endsWith("norm.weight") ? 1 : 0;
              // Each matrix keeps the size of what goes through it; biases and norms matter.
              double deviation = shape.length == 2 ? 1 / Math.sqrt((double) shape[1]) : .2;
              if (name.equals(DecoderTensors.EMBEDDING)) {
                deviation = .5;
              }
              writer.floats(name, shape, normal(random, shape, mean, deviation));
            });
    ModelFolder.save(folder, config, null, writer);
    return folder;
  }

  /** Returns random numbers, row-major. */
  public static float[] normal(Random random, long[] shape, double mean, double deviation) {
    long size = 1;
    for (long dimension : shape) {
      size *= dimension;
    }
    float[] values = new float[Math.toIntExact(size)];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (mean + deviation * random.nextGaussian());
    }
    return values;
  }
}
