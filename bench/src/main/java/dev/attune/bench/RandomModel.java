package dev.attune.bench;

import dev.attune.model.engine.Precision;
import dev.attune.model.io.ModelConfig;
import dev.attune.model.io.ModelFolder;
import dev.attune.model.io.SafetensorsWriter;
import dev.attune.model.lm.BaseModel;
import dev.attune.model.lm.DecoderTensors;
import dev.attune.model.reference.ReferenceDecoder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

/**
 * A model with random weights, for the scripts and for the yardstick: speed depends on no value.
 */
final class RandomModel implements AutoCloseable {
  private static final String WEIGHT = ".weight";

  private final BaseModel base;
  private final ReferenceDecoder reference;

  RandomModel(ModelConfig config, Precision precision, long seed) {
    try {
      Path folder = Files.createTempDirectory("attune-bench");
      try {
        ModelFolder.save(folder.resolve("base"), config, null, weights(config, seed));
        base = BaseModel.load(folder.resolve("base"), precision);
        try (ModelFolder files = ModelFolder.open(folder.resolve("base"))) {
          reference = new ReferenceDecoder(files);
        }
      } finally {
        delete(folder);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write a random model", e);
    }
  }

  BaseModel base() {
    return base;
  }

  ReferenceDecoder reference() {
    return reference;
  }

  private static SafetensorsWriter weights(ModelConfig config, long seed) {
    SafetensorsWriter writer = new SafetensorsWriter();
    Random random = new Random(seed);
    long hidden = config.hiddenSize();
    add(writer, random, "model.embed_tokens", .5, config.vocabularySize(), hidden);
    DecoderTensors.linearShapes(config)
        .forEach(
            (name, shape) -> add(writer, random, name, 1 / Math.sqrt((double) shape[1]), shape));
    for (int i = 0; i < config.layers(); i++) {
      String layer = "model.layers." + i + ".";
      add(writer, random, layer + "input_layernorm", 1, hidden);
      add(writer, random, layer + "post_attention_layernorm", 1, hidden);
    }
    add(writer, random, "model.norm", 1, hidden);
    return writer;
  }

  private static void add(
      SafetensorsWriter writer, Random random, String name, double deviation, long... shape) {
    writer.floats(name + WEIGHT, shape, normal(random, deviation, shape));
  }

  /** Random numbers, row-major. */
  static float[] normal(Random random, double deviation, long... shape) {
    long size = 1;
    for (long dimension : shape) {
      size *= dimension;
    }
    float[] values = new float[Math.toIntExact(size)];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (deviation * random.nextGaussian());
    }
    return values;
  }

  private static void delete(Path folder) throws IOException {
    List<Path> paths;
    try (Stream<Path> walk = Files.walk(folder)) {
      paths = walk.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path path : paths) {
      Files.delete(path);
    }
  }

  @Override
  public void close() {
    base.close();
    reference.close();
  }
}
