package dev.attune.trainer.core;

/**
 * What a model has learned from since it began.
 *
 * @param events events learned from, each once
 * @param comparisons comparisons learned from, each once
 * @param pendingEvents events that wait for a full batch; part of the learner's state
 * @param pendingComparisons comparisons of the pending events
 * @param replayed comparisons seen again from memory
 * @param steps optimiser steps
 */
public record Counts(
    long events,
    long comparisons,
    long pendingEvents,
    long pendingComparisons,
    long replayed,
    long steps) {}
