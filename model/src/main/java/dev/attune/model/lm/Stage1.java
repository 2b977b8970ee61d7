package dev.attune.model.lm;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.attune.model.engine.Dictionary;
import dev.attune.model.engine.Precision;
import dev.attune.model.engine.Tensors;
import dev.attune.model.engine.Torch;
import dev.attune.model.engine.TorchScript;
import dev.attune.model.io.ModelConfig;
import dev.attune.model.io.ModelFolder;
import dev.attune.model.io.SafetensorsWriter;
import dev.attune.model.text.BytePairTrainer;
import dev.attune.model.text.Tokenizer;
import dev.attune.model.text.Turn;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/**
 * Stage 1: makes a small base from nothing but texts. A byte-level BPE tokenizer first, then a
 * Llama that learns to predict the next token: Muon for the matrices inside the layers, AdamW for
 * embeddings and norms, a short warm-up, constant to half of the steps, then linear to zero.
 *
 * <p>The same texts, configuration, precision and number of threads give the same folder.
 */
public final class Stage1 {
  private static final int WARM_UP_STEPS = 30;
  private static final double MOMENTUM = 0.95;
  private static final double MATRIX_DECAY = 0.1;
  private static final double CLIP = 1.0;
  private static final double LOSS_MEMORY = 0.98;

  private final Stage1Config config;
  private final ModelConfig shape;
  private final Precision precision;
  private final NDManager manager;

  private Stage1(Stage1Config config, ModelConfig shape, Precision precision, NDManager manager) {
    this.config = config;
    this.shape = shape;
    this.precision = precision;
    this.manager = manager;
  }

  /**
   * Trains a base and writes it as a Hugging Face folder.
   *
   * @param dialogues read twice; a plain text is a dialogue of one turn
   * @param folder made, or replaced, when all is done
   * @return the mean loss of the last steps, in nats a token
   * @throws IllegalArgumentException if there are no texts
   */
  public static double train(
      Iterable<List<Turn>> dialogues,
      Stage1Config config,
      Precision precision,
      Path folder,
      Progress progress) {
    Path tokenizerJson = null;
    try {
      tokenizerJson = Files.createTempFile("tokenizer", ".json");
      BytePairTrainer.train(texts(dialogues), config.vocabularySize(), tokenizerJson, done -> {});
      try (Tokenizer tokenizer = Tokenizer.load(tokenizerJson);
          NDManager manager = Torch.newManager()) {
        ModelConfig shape =
            ModelConfig.llama(
                    tokenizer.size(),
                    config.hiddenSize(),
                    config.intermediateSize(),
                    config.layers(),
                    config.heads(),
                    config.maxPositions())
                .withTokenIds(tokenizer.bosId(), tokenizer.eosId(), tokenizer.padId());
        Corpus corpus = new Corpus(dialogues, tokenizer, config.maxPositions() / 2, config.seed());
        return new Stage1(config, shape, precision, manager)
            .run(corpus, tokenizerJson, folder, progress);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      delete(tokenizerJson);
    }
  }

  private double run(Corpus corpus, Path tokenizerJson, Path folder, Progress progress) {
    Map<String, NDArray> matrices = new LinkedHashMap<>();
    Map<String, NDArray> rest = new LinkedHashMap<>();
    initialWeights(matrices, rest);
    List<NDArray> momenta = zerosLike(matrices.values());
    List<NDArray> means = zerosLike(rest.values());
    List<NDArray> squares = zerosLike(rest.values());
    List<NDArray> steps =
        rest.values().stream().map(w -> Tensors.of(manager, new float[1])).toList();
    double scale = Math.sqrt(config.hiddenSize());
    double meanLoss = 0;
    try (Dictionary tables = new Dictionary(RotaryTables.of(manager, shape));
        Dictionary matrixWeights = new Dictionary(matrices);
        Dictionary restWeights = new Dictionary(rest)) {
      for (int step = 0; step < config.steps(); step++) {
        try (NDManager scratch = manager.newSubManager()) {
          int length = config.sequenceTokens() + 1;
          long[] ids = corpus.next(config.batchSequences(), length);
          double rate = rate(step);
          NDArray loss =
              TorchScript.SHARED
                  .train(
                      scratch,
                      "language_model_step",
                      Tensors.of(scratch, ids, config.batchSequences(), length),
                      tables,
                      matrixWeights,
                      restWeights,
                      momenta,
                      means,
                      squares,
                      steps,
                      precision.scalarType(),
                      scale,
                      DecoderTensors.scriptShape(shape),
                      shape.rmsNormEps(),
                      config.matrixLearningRate() * rate,
                      config.learningRate() * rate,
                      MOMENTUM,
                      MATRIX_DECAY,
                      CLIP)
                  .get(0);
          double memory = Math.min(LOSS_MEMORY, step / (step + 1.0));
          meanLoss = memory * meanLoss + (1 - memory) * Tensors.floats(loss)[0];
          progress.report(step + 1, config.steps(), meanLoss);
        }
      }
    }
    save(matrices, rest, scale, tokenizerJson, folder);
    return meanLoss;
  }

  private double rate(int step) {
    double warmUp = (step + 1.0) / Math.min(WARM_UP_STEPS, Math.max(1, config.steps() / 4));
    double decay = 2.0 * (config.steps() - step) / config.steps();
    return Math.min(1, Math.min(warmUp, decay));
  }

  private void initialWeights(Map<String, NDArray> matrices, Map<String, NDArray> rest) {
    Random random = new Random(config.seed());
    double inner = 0.5 / Math.sqrt(config.hiddenSize());
    double outer = inner / Math.sqrt(2.0 * config.layers());
    Map<String, Map<String, NDArray>> byKind = new LinkedHashMap<>();
    DecoderTensors.shapes(shape)
        .forEach(
            (name, dimensions) -> {
              float[] values =
                  new float[(int) Arrays.stream(dimensions).reduce(1, (a, b) -> a * b)];
              boolean isMatrix = dimensions.length == 2 && !name.equals(DecoderTensors.EMBEDDING);
              boolean isOutput =
                  name.endsWith("o_proj.weight") || name.endsWith("down_proj.weight");
              double deviation = isMatrix ? (isOutput ? outer : inner) : 0.02;
              for (int i = 0; i < values.length; i++) {
                values[i] =
                    dimensions.length == 1 ? 1f : (float) (deviation * random.nextGaussian());
              }
              NDArray weight = owned(values, dimensions);
              if (isMatrix) {
                // Muon works on stacks of matrices of one shape, so these stand together
                byKind
                    .computeIfAbsent(Arrays.toString(dimensions), kind -> new LinkedHashMap<>())
                    .put(name, weight);
              } else {
                rest.put(name, weight);
              }
            });
    byKind.values().forEach(matrices::putAll);
  }

  private List<NDArray> zerosLike(Iterable<NDArray> arrays) {
    return StreamSupport.stream(arrays.spliterator(), false)
        .map(array -> owned(new float[(int) array.getShape().size()], array.getShape().getShape()))
        .toList();
  }

  /** A tensor in the engine's own memory. */
  private NDArray owned(float[] values, long[] dimensions) {
    return Tensors.owned(manager, values, TorchScript.FLOAT32, dimensions);
  }

  /**
   * Llama does not scale its input embeddings, so the scale goes into a separate input embedding
   * and the trained one stays as the output projection: other tools then compute the same model.
   */
  private void save(
      Map<String, NDArray> matrices,
      Map<String, NDArray> rest,
      double scale,
      Path tokenizerJson,
      Path folder) {
    SafetensorsWriter writer = new SafetensorsWriter();
    Map<String, NDArray> all = new LinkedHashMap<>(matrices);
    all.putAll(rest);
    all.forEach(
        (name, weight) -> {
          float[] values = Tensors.floats(weight);
          long[] dimensions = weight.getShape().getShape();
          if (name.equals(DecoderTensors.EMBEDDING)) {
            writer.floats(DecoderTensors.OUTPUT, dimensions, values.clone());
            for (int i = 0; i < values.length; i++) {
              values[i] *= (float) scale;
            }
          }
          writer.floats(name, dimensions, values);
        });
    ModelFolder.save(folder, untied(shape), tokenizerJson, writer);
  }

  private static ModelConfig untied(ModelConfig shape) {
    return new ModelConfig(
        shape.family(),
        shape.vocabularySize(),
        shape.hiddenSize(),
        shape.intermediateSize(),
        shape.layers(),
        shape.heads(),
        shape.keyValueHeads(),
        shape.headDim(),
        shape.maxPositions(),
        shape.rmsNormEps(),
        shape.rope(),
        shape.windows(),
        false,
        shape.attentionBias(),
        shape.outputBias(),
        shape.mlpBias(),
        shape.queryKeyNorm(),
        shape.storedType(),
        shape.bosTokenId(),
        shape.eosTokenIds(),
        shape.padTokenId());
  }

  private static Iterable<String> texts(Iterable<List<Turn>> dialogues) {
    List<String> texts = new ArrayList<>();
    dialogues.forEach(turns -> turns.forEach(turn -> texts.add(turn.text())));
    return texts;
  }

  private static void delete(@Nullable Path file) {
    try {
      if (file != null) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
