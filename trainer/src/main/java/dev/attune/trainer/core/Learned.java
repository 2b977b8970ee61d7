package dev.attune.trainer.core;

/**
 * What a bucket gave.
 *
 * @param model the model that it was given to; empty where it held no comparison
 * @param events events with at least one comparison
 * @param preferences comparisons that prefer one reply
 * @param ties comparisons that prefer neither
 * @param judgements single judgements, which reward models do not learn from
 * @param steps optimiser steps that were taken
 */
public record Learned(
    String model, long events, long preferences, long ties, long judgements, long steps) {

  /** True where the bucket only moved the position. */
  public boolean empty() {
    return model.isEmpty();
  }
}
