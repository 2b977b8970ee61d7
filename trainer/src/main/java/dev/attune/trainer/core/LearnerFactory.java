package dev.attune.trainer.core;

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
}
