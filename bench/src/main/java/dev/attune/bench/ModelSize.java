package dev.attune.bench;

import dev.attune.model.io.ModelConfig;

/** The shapes that are measured: Llamas with heads of 64, after the usual proportions. */
public enum ModelSize {
  /** For tests. */
  TINY(32, 2, 1, 96, 200),
  /** The embedded default's size. */
  SMALL(128, 4, 2, 320, 4096),
  /** The size that the targets are set at. */
  MEDIUM(256, 4, 4, 688, 4096),
  /** Eight layers. */
  LARGE(512, 8, 8, 1376, 4096);

  private static final int POSITIONS = 1024;

  private final int hidden;
  private final int layers;
  private final int heads;
  private final int intermediate;
  private final int vocabulary;

  ModelSize(int hidden, int layers, int heads, int intermediate, int vocabulary) {
    this.hidden = hidden;
    this.layers = layers;
    this.heads = heads;
    this.intermediate = intermediate;
    this.vocabulary = vocabulary;
  }

  /** Returns the shape. */
  public ModelConfig config() {
    return ModelConfig.llama(vocabulary, hidden, intermediate, layers, heads, POSITIONS);
  }
}
