package dev.attune.trainer.core;

import dev.attune.trainer.gate.GateConfig;

/**
 * How reward models are published and watched. All of it is counted in events and steps, never in
 * time.
 *
 * @param gated false: every checkpoint with new steps is published
 * @param gate when a candidate may replace what is served
 * @param driftFactor what the learning rate is multiplied with after losses have risen, 1 to 10
 * @param driftSteps for how many steps
 * @param seed decides which events become anchors
 */
public record RewardsConfig(
    boolean gated, GateConfig gate, double driftFactor, int driftSteps, long seed) {

  /** Checks every component. */
  public RewardsConfig {
    if (!(driftFactor >= 1 && driftFactor <= 10)) {
      throw new IllegalArgumentException("driftFactor = " + driftFactor + ": 1 to 10");
    }
    if (driftSteps < 1) {
      throw new IllegalArgumentException("driftSteps = " + driftSteps + ": at least 1");
    }
  }

  /** With a gate that suits domains of some hundreds of events. */
  public static RewardsConfig defaults() {
    return new RewardsConfig(true, GateConfig.defaults(), 2, 32, 1);
  }

  /** Without a gate. */
  public static RewardsConfig ungated() {
    return new RewardsConfig(false, GateConfig.defaults(), 2, 32, 1);
  }
}
