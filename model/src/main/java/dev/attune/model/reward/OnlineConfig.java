package dev.attune.model.reward;

/**
 * The recipe of online learning. Every decision is a function of the order of events, never of
 * clocks.
 *
 * @param rank rank of the adapter on each linear layer
 * @param alpha the adapter's product is scaled by alpha / rank
 * @param learningRate AdamW's, after the warm-up
 * @param weightDecay AdamW's
 * @param beta1 AdamW's, of the mean gradient
 * @param beta2 AdamW's, of the squared gradient
 * @param clip longest gradient, as the norm over all parameters
 * @param warmUpSteps steps in which the learning rate rises from zero
 * @param decaySteps steps after which the learning rate falls, as √(decaySteps / steps)
 * @param average decay of the running average of the weights, which is what is served
 * @param imitation weight λ of the imitation loss; 0 leaves it out
 * @param batchEvents events of a step; fresh ones are learned from as soon as so many are there
 * @param replay steps on remembered events after each fresh one, for the first {@code fadeEvents}
 *     events; then less and less, as fadeEvents / events
 * @param generalReplay the same for the general model
 * @param fadeEvents events after which replay begins to fade
 * @param memoryEvents events kept for replay: a uniform sample of all that were seen
 * @param enrichment general events mixed into each step of a domain's model
 * @param enrichmentMemory general events that a domain's model is given for that
 * @param promptTokens longest prompt; of a longer one the end is kept
 * @param replyTokens longest reply; of a longer one the beginning is kept
 * @param seed decides the initial adapter, the memory's sample and the replayed events
 */
public record OnlineConfig(
    int rank,
    double alpha,
    double learningRate,
    double weightDecay,
    double beta1,
    double beta2,
    double clip,
    int warmUpSteps,
    int decaySteps,
    double average,
    double imitation,
    int batchEvents,
    double replay,
    double generalReplay,
    int fadeEvents,
    int memoryEvents,
    int enrichment,
    int enrichmentMemory,
    int promptTokens,
    int replyTokens,
    long seed) {

  /** Checks every component. */
  public OnlineConfig {
    within("rank", rank, 1, 1024);
    within("alpha", alpha, 1e-6, 1e6);
    within("learningRate", learningRate, 1e-9, 1);
    within("weightDecay", weightDecay, 0, 1);
    within("beta1", beta1, 0, 0.9999);
    within("beta2", beta2, 0, 0.99999);
    within("clip", clip, 1e-6, 1e6);
    within("warmUpSteps", warmUpSteps, 0, 1_000_000);
    within("decaySteps", decaySteps, 1, Integer.MAX_VALUE);
    within("average", average, 0, 0.99999);
    within("imitation", imitation, 0, 100);
    within("batchEvents", batchEvents, 1, 4096);
    within("replay", replay, 0, 1000);
    within("generalReplay", generalReplay, 0, 1000);
    within("fadeEvents", fadeEvents, 1, Integer.MAX_VALUE);
    within("memoryEvents", memoryEvents, 1, 1_000_000);
    within("enrichment", enrichment, 0, 4096);
    within("enrichmentMemory", enrichmentMemory, 0, 1_000_000);
    within("promptTokens", promptTokens, 16, 1 << 20);
    within("replyTokens", replyTokens, 1, 1 << 20);
  }

  /** The recipe for a small base. */
  public static OnlineConfig defaults() {
    return new OnlineConfig(
        8, 16, 4e-3, 0.01, 0.9, 0.98, 1.0, 10, 60, 0.99, 0, 8, 3.5, 0.5, 400, 512, 1, 128, 128, 160,
        1);
  }

  private static void within(String name, double value, double least, double most) {
    if (!(value >= least && value <= most)) {
      throw new IllegalArgumentException(
          "%s is %s; allowed is %s to %s".formatted(name, value, least, most));
    }
  }
}
