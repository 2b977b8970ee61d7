package dev.attune.trainer.core;

import dev.attune.model.reward.EncodedExample;
import dev.attune.model.reward.Prediction;
import java.util.List;
import java.util.Optional;

/** Makes the learners of one base model, precision and recipe. */
public interface LearnerFactory {

  /** What all models of this factory have in common; part of every manifest. */
  Provenance provenance();

  /** An untrained general model. */
  RewardLearner general();

  /**
   * A domain's model that starts from a general one.
   *
   * @param general the committed general model, or empty for an untrained start
   */
  RewardLearner customized(Optional<GeneralModel> general);

  /** A learner that goes on exactly where {@link RewardLearner#state()} was taken. */
  RewardLearner restore(String modelName, byte[] state);

  /**
   * General events that a domain's model can be tested on, as it does not train on them.
   *
   * @param count how many at most
   */
  List<EncodedExample> generalSet(GeneralModel general, int count);

  /**
   * What weights say of examples, in order.
   *
   * @param weights what {@link RewardLearner#weights} gave
   */
  List<Prediction> predict(byte[] weights, List<EncodedExample> examples);
}
