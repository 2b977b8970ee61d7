package dev.attune.model.reward;

import java.util.List;

/**
 * Fresh events that a step was taken on.
 *
 * @param predictions what the weights said of each event before the step, for those that teach
 *     anything; empty where {@code applied} is false
 * @param gradientNorm before clipping; NaN where nothing was computed
 * @param applied false: the step was left out, for it had nothing to learn or its loss or gradient
 *     is not finite
 */
public record LearnedBatch(List<Prediction> predictions, double gradientNorm, boolean applied) {
  /** Copies the list. */
  public LearnedBatch {
    predictions = List.copyOf(predictions);
  }
}
