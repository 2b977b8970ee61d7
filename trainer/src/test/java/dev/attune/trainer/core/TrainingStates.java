package dev.attune.trainer.core;

import java.util.Map;

/** States for tests. */
public final class TrainingStates {
  private TrainingStates() {}

  /** A state with this learner and nothing else. */
  public static TrainingState of(byte[] learner) {
    return new TrainingState(learner, new byte[0], new byte[0], new byte[0], Map.of(), 0, Map.of());
  }
}
