package dev.attune.model.generate;

/**
 * A text to be continued. The arrays are used, not copied, and must not be changed before the
 * result is there.
 *
 * @param prompt token ids, at least one; {@code -1 - t} is the slot of vector t of the soft prompt
 * @param softPrompt the user's vectors that stand in the slots, [T_u][hidden]; empty for none
 * @param added a vector that is added to each input embedding, of the prompt and of what is
 *     generated, [hidden]; empty for none
 * @param adapter index into the generator's stack of adapters
 * @param sampling how tokens are chosen
 * @param seed what is drawn is a function of it and of this request, not of the rest of the batch
 */
@SuppressWarnings("ArrayRecordComponent") // carries tokens to the engine; never compared
public record GenerationRequest(
    int[] prompt, float[][] softPrompt, float[] added, int adapter, Sampling sampling, long seed) {
  private static final float[][] NO_VECTORS = {};
  private static final float[] NO_VECTOR = {};

  /** A request of no user. */
  public GenerationRequest(int[] prompt, Sampling sampling, long seed) {
    this(prompt, NO_VECTORS, NO_VECTOR, 0, sampling, seed);
  }

  /** Checks that there is a prompt, whose slots the soft prompt fills. */
  public GenerationRequest {
    if (prompt.length == 0) {
      throw new IllegalArgumentException("a prompt of no tokens; allowed is one or more");
    }
    if (adapter < 0) {
      throw new IllegalArgumentException("adapter is " + adapter + "; allowed: 0 or more");
    }
    for (int id : prompt) {
      if (-1 - id >= softPrompt.length) {
        throw new IllegalArgumentException(
            "slot %d of a soft prompt of %d vectors".formatted(-1 - id, softPrompt.length));
      }
    }
  }

  /** Returns this request under another adapter of the stack. */
  public GenerationRequest withAdapter(int adapter) {
    return new GenerationRequest(prompt, softPrompt, added, adapter, sampling, seed);
  }

  /** Returns this request with vectors for the slots of its prompt. */
  public GenerationRequest withSoftPrompt(float[][] softPrompt) {
    return new GenerationRequest(prompt, softPrompt, added, adapter, sampling, seed);
  }

  /** Returns this request with a vector that is added to each input embedding. */
  public GenerationRequest withAdded(float[] added) {
    return new GenerationRequest(prompt, softPrompt, added, adapter, sampling, seed);
  }
}
