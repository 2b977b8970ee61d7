package dev.attune.model.personal;

import dev.attune.model.adapter.LoraConfig;
import dev.attune.model.lm.BaseModel;

/**
 * What a personal model is and how it learns.
 *
 * @param users the user model
 * @param loss the loss
 * @param lora the adapter that all users share
 * @param optimizer how it learns
 * @param promptTokens longest prompt, the user's vectors and text not counted; of a longer one the
 *     end is kept
 * @param replyTokens longest reply; of a longer one the beginning is kept
 * @param batchTokens most tokens of one pass through the model; larger batches are cut, which
 *     changes nothing but memory
 * @param seed decides the initial adapter and clusters, and the order of a run's examples
 */
public record PersonalConfig(
    UserModelConfig users,
    PersonalLoss loss,
    LoraConfig lora,
    PersonalOptimizer optimizer,
    int promptTokens,
    int replyTokens,
    int batchTokens,
    long seed) {
  /** Checks that the components fit each other. */
  public PersonalConfig {
    boolean reward = loss.objective() == PersonalLoss.Objective.REWARD;
    if (users.join() == UserModelConfig.Join.HEAD && !reward) {
      throw new IllegalArgumentException(
          "objective is " + loss.objective() + "; join HEAD allows REWARD");
    }
    if (promptTokens < 16 || replyTokens < 1 || batchTokens < 1) {
      throw new IllegalArgumentException(
          "promptTokens is %d, replyTokens %d, batchTokens %d; allowed are 16, 1, 1 or more"
              .formatted(promptTokens, replyTokens, batchTokens));
    }
  }

  /** The recipe for a small base. */
  public static PersonalConfig defaults() {
    return new PersonalConfig(
        UserModelConfig.individual(),
        PersonalLoss.dpo(),
        LoraConfig.everywhere(8, 16),
        PersonalOptimizer.defaults(),
        64,
        96,
        8192,
        1);
  }

  /** Returns this configuration with another user model. */
  public PersonalConfig with(UserModelConfig other) {
    return new PersonalConfig(
        other, loss, lora, optimizer, promptTokens, replyTokens, batchTokens, seed);
  }

  /** Returns this configuration with another loss. */
  public PersonalConfig with(PersonalLoss other) {
    return new PersonalConfig(
        users, other, lora, optimizer, promptTokens, replyTokens, batchTokens, seed);
  }

  /** Returns this configuration with another optimiser. */
  public PersonalConfig with(PersonalOptimizer other) {
    return new PersonalConfig(
        users, loss, lora, other, promptTokens, replyTokens, batchTokens, seed);
  }

  /** Returns this configuration with other lengths. */
  public PersonalConfig withLengths(int prompt, int reply) {
    return new PersonalConfig(users, loss, lora, optimizer, prompt, reply, batchTokens, seed);
  }

  /** Returns this configuration with another seed. */
  public PersonalConfig withSeed(long other) {
    return new PersonalConfig(
        users, loss, lora, optimizer, promptTokens, replyTokens, batchTokens, other);
  }

  /** Returns whether a policy is learned, whose rewards are relative to the reference. */
  boolean learnsPolicy() {
    return loss.objective() != PersonalLoss.Objective.REWARD;
  }

  /** Checks that the base can read the longest texts. */
  void requireFit(BaseModel base) {
    int longest = promptTokens + replyTokens + users.tokens() + users.textTokens();
    if (longest > base.maxTokens()) {
      throw new IllegalArgumentException(
          "prompt, reply, user's vectors and text are up to %d tokens; the base reads %d"
              .formatted(longest, base.maxTokens()));
    }
  }

  /** Returns whether scores with {@code other} mean the same as with this. */
  boolean fits(PersonalConfig other) {
    return users.equals(other.users)
        && lora.equals(other.lora)
        && learnsPolicy() == other.learnsPolicy()
        && loss.scale() == other.loss.scale()
        && promptTokens == other.promptTokens
        && replyTokens == other.replyTokens;
  }
}
