package dev.attune.model.lm;

/**
 * How the small base is made.
 *
 * @param vocabularySize tokens of the byte-pair vocabulary, at least 300
 * @param hiddenSize width of the model; a multiple of {@code heads}
 * @param intermediateSize width of the MLP
 * @param layers decoder layers
 * @param heads attention heads
 * @param maxPositions longest text that the model will read, in tokens
 * @param sequenceTokens length of a training sequence
 * @param batchSequences sequences of a step
 * @param steps optimiser steps
 * @param matrixLearningRate Muon's, for the matrices inside the layers
 * @param learningRate AdamW's, for embeddings and norms
 * @param seed decides the initial weights and the order of the texts
 */
public record Stage1Config(
    int vocabularySize,
    int hiddenSize,
    int intermediateSize,
    int layers,
    int heads,
    int maxPositions,
    int sequenceTokens,
    int batchSequences,
    int steps,
    double matrixLearningRate,
    double learningRate,
    long seed) {

  /** Checks every component. */
  public Stage1Config {
    atLeast("vocabularySize", vocabularySize, 300);
    atLeast("heads", heads, 1);
    atLeast("hiddenSize", hiddenSize, 2 * heads);
    if (hiddenSize % (2 * heads) != 0) {
      throw new IllegalArgumentException(
          "hiddenSize is " + hiddenSize + "; allowed are multiples of " + 2 * heads);
    }
    atLeast("intermediateSize", intermediateSize, 1);
    atLeast("layers", layers, 1);
    atLeast("sequenceTokens", sequenceTokens, 2);
    atLeast("maxPositions", maxPositions, sequenceTokens);
    atLeast("batchSequences", batchSequences, 1);
    atLeast("steps", steps, 1);
    if (!(matrixLearningRate > 0) || !(learningRate > 0)) {
      throw new IllegalArgumentException(
          "learning rates are " + matrixLearningRate + ", " + learningRate + "; allowed is > 0");
    }
  }

  /** For an evaluation on some megabytes of text: some 150 seconds of one core. */
  public static Stage1Config evaluation(long seed) {
    return new Stage1Config(4096, 128, 320, 4, 2, 1024, 256, 4, 1700, 0.02, 3e-3, seed);
  }

  /** The least that tells texts apart, for load tests on few cores: a few seconds of one. */
  public static Stage1Config tiny(long seed) {
    return new Stage1Config(2048, 64, 160, 2, 2, 1024, 128, 8, 200, 0.02, 3e-3, seed);
  }

  /** For the demo's few hundred kilobytes: some 30 seconds of one core. */
  public static Stage1Config demo(long seed) {
    return new Stage1Config(2048, 128, 320, 4, 2, 1024, 128, 8, 350, 0.02, 3e-3, seed);
  }

  /** Returns this configuration with another number of steps. */
  public Stage1Config withSteps(int steps) {
    return new Stage1Config(
        vocabularySize,
        hiddenSize,
        intermediateSize,
        layers,
        heads,
        maxPositions,
        sequenceTokens,
        batchSequences,
        steps,
        matrixLearningRate,
        learningRate,
        seed);
  }

  private static void atLeast(String name, int value, int least) {
    if (value < least) {
      throw new IllegalArgumentException(name + " is " + value + "; allowed is >= " + least);
    }
  }
}
