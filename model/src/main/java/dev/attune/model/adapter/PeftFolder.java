package dev.attune.model.adapter;

import dev.attune.model.io.ModelConfig;
import dev.attune.model.io.ModelFormatException;
import dev.attune.model.io.Safetensors;
import dev.attune.model.io.SafetensorsException;
import dev.attune.model.io.SafetensorsWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;

/**
 * Adapters and soft prompts in the folder layout of Hugging Face's PEFT library, which other tools
 * read and write: {@code adapter_config.json} and {@code adapter_model.safetensors}.
 *
 * <p>An adapter's tensors are called {@code base_model.model.<module>.lora_A.weight} and {@code
 * lora_B.weight}; a soft prompt is the one tensor {@code prompt_embeddings} [tokens, hidden]. PEFT
 * puts a soft prompt before all tokens of a text, {@code <bos>} included.
 */
public final class PeftFolder {
  private static final String CONFIG = "adapter_config.json";
  private static final String WEIGHTS = "adapter_model.safetensors";
  private static final String PREFIX = "base_model.model.";
  private static final String PROMPT = "prompt_embeddings";

  private PeftFolder() {}

  /**
   * Writes an adapter; the folder appears complete or not at all.
   *
   * @param base the name or path of the base that other tools shall load
   * @throws UncheckedIOException if the folder exists or cannot be written
   */
  public static void save(Path folder, LoraAdapter adapter, String base) {
    SafetensorsWriter weights = new SafetensorsWriter();
    adapter
        .names()
        .forEach(
            name ->
                weights.floats(
                    PREFIX + name + ".weight", adapter.shape(name), adapter.values(name)));
    write(folder, weights, file -> PeftConfig.write(file, adapter.config(), base));
  }

  /**
   * Writes a soft prompt; the folder appears complete or not at all.
   *
   * @param model the base's shape
   * @param base the name or path of the base that other tools shall load
   * @throws UncheckedIOException if the folder exists or cannot be written
   */
  public static void save(Path folder, SoftPrompt prompt, ModelConfig model, String base) {
    float[] values = new float[prompt.tokens() * prompt.hiddenSize()];
    float[][] vectors = prompt.vectors();
    for (int t = 0; t < vectors.length; t++) {
      System.arraycopy(vectors[t], 0, values, t * prompt.hiddenSize(), prompt.hiddenSize());
    }
    long[] shape = {prompt.tokens(), prompt.hiddenSize()};
    write(
        folder,
        new SafetensorsWriter().floats(PROMPT, shape, values),
        file -> PeftConfig.write(file, prompt, model, base));
  }

  private static void write(Path folder, SafetensorsWriter weights, Consumer<Path> config) {
    Path target = folder.toAbsolutePath().normalize();
    try {
      if (Files.exists(target)) {
        throw new FileAlreadyExistsException(folder.toString());
      }
      Files.createDirectories(target.getParent());
      Path temporary =
          Files.createDirectory(
              target.resolveSibling("." + target.getFileName() + "." + UUID.randomUUID()));
      try {
        config.accept(temporary.resolve(CONFIG));
        weights.metadata("format", "pt").write(temporary.resolve(WEIGHTS));
        Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
      } finally {
        Files.deleteIfExists(temporary.resolve(CONFIG));
        Files.deleteIfExists(temporary.resolve(WEIGHTS));
        Files.deleteIfExists(temporary);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write " + folder, e);
    }
  }

  /**
   * Reads a LoRA adapter, whoever wrote it.
   *
   * @param model the shape of the base that it is for
   * @throws ModelFormatException naming the file, and the field or tensor that is malformed, does
   *     not fit the model or is not supported (DoRA, biases, whole modules, ranks that differ)
   */
  public static LoraAdapter loadLora(Path folder, ModelConfig model) {
    LoraConfig config = PeftConfig.read(folder.resolve(CONFIG)).lora(model);
    Path file = weights(folder);
    try (Safetensors tensors = Safetensors.open(file)) {
      Set<String> unknown = new HashSet<>(tensors.names());
      Map<String, float[]> values = new HashMap<>();
      config
          .shapes(model)
          .forEach(
              (name, shape) -> {
                String key = PREFIX + name + ".weight";
                values.put(name, read(tensors, file, key, shape));
                unknown.remove(key);
              });
      if (!unknown.isEmpty()) {
        throw new SafetensorsException(
            file, "tensor '%s': %s does not ask for it".formatted(first(unknown), CONFIG));
      }
      return LoraAdapter.of(config, model, values);
    }
  }

  /**
   * Reads a soft prompt.
   *
   * @param hiddenSize the hidden size of the base that it is for
   * @throws ModelFormatException naming the file, and the field or tensor that is malformed, does
   *     not fit the model or is not supported
   */
  public static SoftPrompt loadSoftPrompt(Path folder, int hiddenSize) {
    int tokens = PeftConfig.read(folder.resolve(CONFIG)).softPromptTokens(hiddenSize);
    Path file = weights(folder);
    try (Safetensors tensors = Safetensors.open(file)) {
      float[] values = read(tensors, file, PROMPT, new long[] {tokens, hiddenSize});
      float[][] vectors = new float[tokens][];
      for (int t = 0; t < tokens; t++) {
        vectors[t] = Arrays.copyOfRange(values, t * hiddenSize, (t + 1) * hiddenSize);
      }
      return new SoftPrompt(vectors);
    }
  }

  private static Path weights(Path folder) {
    if (!Files.exists(folder.resolve(WEIGHTS))
        && Files.exists(folder.resolve("adapter_model.bin"))) {
      throw new ModelFormatException(
          folder.resolve("adapter_model.bin"), "pickled weights; allowed is " + WEIGHTS);
    }
    return folder.resolve(WEIGHTS);
  }

  private static float[] read(Safetensors tensors, Path file, String key, long[] shape) {
    long[] found = tensors.info(key).dimensions();
    if (!Arrays.equals(found, shape)) {
      throw new SafetensorsException(
          file,
          "tensor '%s': shape %s; %s and the model ask for %s"
              .formatted(key, Arrays.toString(found), CONFIG, Arrays.toString(shape)));
    }
    float[] values = tensors.floats(key);
    for (float value : values) {
      if (!Float.isFinite(value)) {
        throw new SafetensorsException(file, "tensor '" + key + "': not finite");
      }
    }
    return values;
  }

  private static String first(Set<String> names) {
    return names.stream().sorted().findFirst().orElseThrow();
  }
}
