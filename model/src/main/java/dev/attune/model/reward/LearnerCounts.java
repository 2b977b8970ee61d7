package dev.attune.model.reward;

/**
 * What a learner has done since it was made, restores included.
 *
 * @param events events learned from, each counted once
 * @param comparisons comparisons learned from, each counted once
 * @param pendingEvents events that wait for their batch to fill
 * @param pendingComparisons comparisons in those
 * @param replayed remembered events that were learned from again
 * @param steps optimiser steps
 */
public record LearnerCounts(
    long events,
    long comparisons,
    long pendingEvents,
    long pendingComparisons,
    long replayed,
    long steps) {}
