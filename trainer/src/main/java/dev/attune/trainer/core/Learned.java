package dev.attune.trainer.core;

/**
 * What a bucket gave.
 *
 * @param model the model that it was given to; empty where the bucket held no feedback
 * @param events events learned from
 * @param preferences comparisons that prefer one reply
 * @param ties comparisons that prefer neither
 * @param judgements judgements of single replies
 * @param steps optimiser steps that were taken
 */
public record Learned(
    String model, long events, long preferences, long ties, long judgements, long steps) {

  /** True where the bucket only moved the position. */
  public boolean empty() {
    return model.isEmpty();
  }
}
