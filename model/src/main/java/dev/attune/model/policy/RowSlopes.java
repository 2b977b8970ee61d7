package dev.attune.model.policy;

import dev.attune.model.head.GaussianWeights;
import dev.attune.model.personal.RowGradient;
import java.util.List;

/**
 * What the comparisons of one event say about a user's row, to first order.
 *
 * @param at the belief at whose row the slopes were taken
 * @param slopes of the event's comparisons, in their order
 */
public record RowSlopes(GaussianWeights at, List<RowGradient> slopes) {
  /** Copies the list. */
  public RowSlopes {
    slopes = List.copyOf(slopes);
  }
}
