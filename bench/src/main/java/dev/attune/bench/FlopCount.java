package dev.attune.bench;

import dev.attune.model.io.ModelConfig;
import dev.attune.model.lm.DecoderTensors;
import dev.attune.model.lm.TokenBatch;
import java.util.List;

/**
 * Floating-point operations that the formulas ask for, a multiplication and an addition counting
 * two. Only products of matrices are counted. An implementation that computes more (hidden places
 * of the attention's matrix, padding, prompts again) gains nothing by it.
 *
 * <ul>
 *   <li>linear layers: 2 · in · out a token; with a rank r adapter 2 · r · (in + out) more;
 *   <li>attention: 4 · heads · head size for each token that a token sees;
 *   <li>the prompts' last layer: keys and values alone, since nobody reads more of it;
 *   <li>backwards: as much again for frozen matrices, whose own gradient is not taken, and twice as
 *       much for adapters and attention.
 * </ul>
 */
public final class FlopCount {
  private FlopCount() {}

  /**
   * Returns the operations of a forward pass, or of a training step.
   *
   * @param rank of the adapter on each linear layer; 0 for none
   */
  public static double of(
      ModelConfig config, List<TokenBatch.Row> rows, int rank, boolean training) {
    double prompts = 0;
    double replies = 0;
    double seenByPrompts = 0;
    double seenByReplies = 0;
    for (TokenBatch.Row row : rows) {
      double p = row.prompt().length;
      prompts += p;
      seenByPrompts += p * (p + 1) / 2;
      for (int[] reply : row.replies()) {
        double r = reply.length;
        replies += r;
        seenByReplies += r * p + r * (r + 1) / 2;
      }
    }
    double frozen = 0;
    double learned = 0;
    for (var linear : DecoderTensors.linearShapes(config).entrySet()) {
      double out = linear.getValue()[0];
      double in = linear.getValue()[1];
      boolean lastLayer = linear.getKey().startsWith("model.layers." + (config.layers() - 1) + ".");
      boolean keys = linear.getKey().endsWith(".k_proj") || linear.getKey().endsWith(".v_proj");
      double tokens = lastLayer && !keys ? replies : prompts + replies;
      frozen += 2 * in * out * tokens;
      learned += 2 * rank * (in + out) * tokens;
    }
    double pairs = seenByPrompts * (config.layers() - 1) + seenByReplies * config.layers();
    learned += 4.0 * config.heads() * config.headDim() * pairs;
    return training ? 2 * frozen + 3 * learned : frozen + learned;
  }
}
