package dev.attune.model.policy;

import dev.attune.model.head.BasisLearner;
import dev.attune.model.head.HeadBasis;
import dev.attune.model.head.PopulationPrior;
import dev.attune.model.personal.PersonalConfig;
import org.jspecify.annotations.Nullable;

/**
 * How policies are learned. Immutable.
 *
 * @param basis how many coordinates heads have, beside the bias, and how they are found
 * @param prior what is believed of heads before anyone was seen, and how firmly
 * @param promptTokens most tokens of a prompt that features are read with, from the first epoch on
 * @param replyTokens the same of a reply
 * @param rows the personal policy (P-DPO); null leaves rows out
 * @param steps most steps that an epoch trains it
 * @param rank directions in which rows of new users are learned
 */
public record PolicyConfig(
    BasisLearner basis,
    PopulationPrior prior,
    int promptTokens,
    int replyTokens,
    @Nullable PersonalConfig rows,
    int steps,
    int rank) {
  /** Checks the ranges. */
  public PolicyConfig {
    if (promptTokens < 16 || replyTokens < 1) {
      throw new IllegalArgumentException(
          "promptTokens is %d, replyTokens %d; allowed are 16, 1 or more"
              .formatted(promptTokens, replyTokens));
    }
    if (rows != null && !rows.users().hasRows()) {
      throw new IllegalArgumentException("rows of kind UNIFORM; allowed is one with rows, or null");
    }
    if (steps < 1 || rank < 1 || rank > HeadBasis.MOST) {
      throw new IllegalArgumentException(
          "%d steps, rank %d; allowed are 1 or more and 1 to %d"
              .formatted(steps, rank, HeadBasis.MOST));
    }
  }

  /**
   * The recipe: heads of at most 17 numbers, rows of rank 4. Simulated users with plain tastes
   * would learn a little faster with a variance of 2; real ones are less sure.
   */
  public static PolicyConfig defaults() {
    return new PolicyConfig(
        BasisLearner.DEFAULT,
        new PopulationPrior(1, 4, 4, 10),
        64,
        96,
        PersonalConfig.defaults(),
        200,
        4);
  }
}
