package dev.attune.trainer.gate;

import dev.attune.model.reward.EncodedExample;
import dev.attune.model.reward.Prediction;
import java.util.List;

/** A model that can be asked. */
@FunctionalInterface
public interface Predictor {
  /** Asks for a prediction of each example, in order. */
  List<Prediction> predict(List<EncodedExample> examples);

  /** The base before anything was learned: all rewards are 0. */
  static Predictor untrained() {
    return examples -> examples.stream().map(Prediction::untrained).toList();
  }
}
