package dev.attune.model.reward;

import java.util.List;

/**
 * Fresh events that a step was taken on.
 *
 * @param predictions what the weights that are served said of each event before the step, for those
 *     that teach anything
 * @param gradientNorm before clipping; NaN where the step was left out
 * @param applied false: the step was left out, for it had nothing to learn or its loss or gradient
 *     is not finite
 */
public record LearnedBatch(List<Prediction> predictions, double gradientNorm, boolean applied) {
  /** Copies the list. */
  public LearnedBatch {
    predictions = List.copyOf(predictions);
  }
}
