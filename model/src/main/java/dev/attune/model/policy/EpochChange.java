package dev.attune.model.policy;

import dev.attune.model.head.BasisChange;
import dev.attune.model.head.GaussianWeights;
import dev.attune.model.head.RowSubspace;
import org.jspecify.annotations.Nullable;

/**
 * How states of one epoch become states of the next.
 *
 * @param from the epoch that is left
 * @param basis the map of heads
 * @param prior the prior of heads of the epoch that is left
 * @param rows the subspace of rows of the epoch that is left; null where it had none
 */
public record EpochChange(
    long from, BasisChange basis, GaussianWeights prior, @Nullable RowSubspace rows) {}
