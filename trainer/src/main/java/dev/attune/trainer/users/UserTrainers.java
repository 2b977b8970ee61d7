package dev.attune.trainer.users;

import dev.attune.model.policy.Policy;
import dev.attune.trainer.core.TrainerException;

/** Makes the trainers of one policy after another; what was read of replies goes on with them. */
public final class UserTrainers {
  private final PolicyPasses.Loader loader;
  private final PastEvents past;
  private final int references;
  private final FeatureCache cache;
  private int promptTokens;
  private int replyTokens;

  /**
   * @param references how many of its latest events a state refers to
   * @param rememberedReplies how many replies' features are remembered
   */
  public UserTrainers(
      PolicyPasses.Loader loader, PastEvents past, int references, int rememberedReplies) {
    this.loader = loader;
    this.past = past;
    this.references = references;
    this.cache = new FeatureCache(rememberedReplies);
  }

  /** A trainer with the passes that it works with. */
  public record Loaded(UserTrainer trainer, PolicyPasses passes) implements AutoCloseable {
    @Override
    public void close() {
      passes.close();
    }
  }

  /**
   * Loads a policy; the result is the caller's to close.
   *
   * @throws TrainerException if it belongs to another base or precision
   */
  public Loaded load(Policy policy) {
    if (policy.promptTokens() != promptTokens || policy.replyTokens() != replyTokens) {
      cache.clear();
      promptTokens = policy.promptTokens();
      replyTokens = policy.replyTokens();
    }
    PolicyPasses passes;
    try {
      passes = loader.load(policy);
    } catch (IllegalArgumentException e) {
      throw new TrainerException(
          "policy of epoch " + policy.epoch() + " cannot be used: " + e.getMessage(), e);
    }
    return new Loaded(new UserTrainer(passes, loader.base(), past, references, cache), passes);
  }
}
