package dev.attune.model.adapter;

/**
 * Learned input embeddings that stand before a text (Lester et al. 2021, arXiv 2104.08691).
 * Immutable.
 *
 * @param vectors [tokens, hidden size], at least one token
 */
@SuppressWarnings("ArrayRecordComponent") // copied in and out; compared by nobody
public record SoftPrompt(float[][] vectors) {
  /** Checks the values and copies them. */
  public SoftPrompt {
    if (vectors.length == 0 || vectors[0].length == 0) {
      throw new IllegalArgumentException(
          "a soft prompt has at least one vector, which is not empty");
    }
    vectors = copy(vectors);
    for (float[] vector : vectors) {
      if (vector.length != vectors[0].length) {
        throw new IllegalArgumentException("the vectors of a soft prompt differ in length");
      }
      for (float value : vector) {
        if (!Float.isFinite(value)) {
          throw new IllegalArgumentException("a soft prompt's vector is not finite");
        }
      }
    }
  }

  /** Returns a copy of the vectors, [tokens, hidden size]. */
  @Override
  public float[][] vectors() {
    return copy(vectors);
  }

  /** Returns the number of vectors. */
  public int tokens() {
    return vectors.length;
  }

  /** Returns the length of each vector. */
  public int hiddenSize() {
    return vectors[0].length;
  }

  private static float[][] copy(float[][] vectors) {
    float[][] copy = new float[vectors.length][];
    for (int i = 0; i < copy.length; i++) {
      copy[i] = vectors[i].clone();
    }
    return copy;
  }
}
