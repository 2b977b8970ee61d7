package dev.attune.model.reward;

/**
 * The recipe of online learning. Every decision is a function of the order of events, never of
 * clocks.
 *
 * @param model what a reward is a function of
 * @param optimizer how gradients become weights
 * @param imitation weight λ of the imitation loss; 0 leaves it out
 * @param imitatePrompts whether the imitation loss covers the prompt as well as the preferred reply
 * @param batchEvents events of a step; fresh ones are learned from as soon as so many are there
 * @param microBatchTokens most tokens that are in memory together (a single event may have more); a
 *     larger batch's gradient is summed over parts, which changes no more than roundings
 * @param replay steps on remembered events after each fresh one, for the first {@code fadeEvents}
 *     events; then less and less, as fadeEvents / events
 * @param generalReplay the same for the general model
 * @param fadeEvents events after which replay begins to fade
 * @param memoryEvents events kept for replay: a uniform sample of all that were seen
 * @param enrichment share of general comparisons in each batch of a domain's model, by weight: the
 *     general preference enrichment of Cheng et al. 2023
 * @param enrichmentEvents general events that carry this share, from each source in turn
 * @param enrichmentMemory general events that a domain's model is given to draw them from
 * @param sourceVariance makes the heads of the general model's sources random effects, learned in
 *     closed form: the variance, beforehand, of what a source adds to the pooled head's reward of a
 *     reply; 0 learns sources' heads by gradient
 * @param sourceDimensions in how many directions of the base's states a source's effect lies at
 *     most; a base of more has them projected
 * @param seed decides the initial adapter, the memory's sample and the replayed events
 */
public record OnlineConfig(
    RewardModelConfig model,
    OptimizerConfig optimizer,
    double imitation,
    boolean imitatePrompts,
    int batchEvents,
    int microBatchTokens,
    double replay,
    double generalReplay,
    int fadeEvents,
    int memoryEvents,
    double enrichment,
    int enrichmentEvents,
    int enrichmentMemory,
    double sourceVariance,
    int sourceDimensions,
    long seed) {

  /** Checks every component. */
  public OnlineConfig {
    Limits.within("imitation", imitation, 0, 100);
    Limits.within("batchEvents", batchEvents, 1, 4096);
    Limits.within("microBatchTokens", microBatchTokens, 1, Integer.MAX_VALUE);
    Limits.within("replay", replay, 0, 1000);
    Limits.within("generalReplay", generalReplay, 0, 1000);
    Limits.within("fadeEvents", fadeEvents, 1, Integer.MAX_VALUE);
    Limits.within("memoryEvents", memoryEvents, 1, 1_000_000);
    Limits.within("enrichment", enrichment, 0, 0.99);
    Limits.within("enrichmentEvents", enrichmentEvents, 0, 4096);
    Limits.within("enrichmentMemory", enrichmentMemory, 0, 1_000_000);
    Limits.within("sourceVariance", sourceVariance, 0, 1000);
    Limits.within("sourceDimensions", sourceDimensions, 1, 1024);
  }

  /** The recipe for a small base. */
  public static OnlineConfig defaults() {
    return new OnlineConfig(
        RewardModelConfig.defaults(),
        OptimizerConfig.defaults(),
        0,
        false,
        8,
        8192,
        3.5,
        0.5,
        400,
        512,
        0.03,
        1,
        128,
        0,
        128,
        1);
  }

  /** The same without replay, for a run of so many steps that the caller draws the events of. */
  public OnlineConfig planned(int steps) {
    return with(model, optimizer.planned(steps), imitation, 0, 0, enrichment, seed);
  }

  /** The same with other strategies of keeping general ability. */
  public OnlineConfig with(double newImitation, double newEnrichment) {
    return with(model, optimizer, newImitation, replay, generalReplay, newEnrichment, seed);
  }

  /** The same with another optimiser. */
  public OnlineConfig with(OptimizerConfig other) {
    return with(model, other, imitation, replay, generalReplay, enrichment, seed);
  }

  /** The same for another kind of reward model. */
  public OnlineConfig with(RewardModelConfig other) {
    return with(other, optimizer, imitation, replay, generalReplay, enrichment, seed);
  }

  /** The same with another seed. */
  public OnlineConfig withSeed(long newSeed) {
    return with(model, optimizer, imitation, replay, generalReplay, enrichment, newSeed);
  }

  private OnlineConfig with(
      RewardModelConfig newModel,
      OptimizerConfig newOptimizer,
      double newImitation,
      double newReplay,
      double newGeneralReplay,
      double newEnrichment,
      long newSeed) {
    return new OnlineConfig(
        newModel,
        newOptimizer,
        newImitation,
        imitatePrompts,
        batchEvents,
        microBatchTokens,
        newReplay,
        newGeneralReplay,
        fadeEvents,
        memoryEvents,
        newEnrichment,
        enrichmentEvents,
        enrichmentMemory,
        sourceVariance,
        sourceDimensions,
        newSeed);
  }
}
