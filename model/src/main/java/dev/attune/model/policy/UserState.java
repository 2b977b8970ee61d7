package dev.attune.model.policy;

import dev.attune.model.head.GaussianWeights;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is believed of one user. Immutable.
 *
 * @param epoch the policy's epoch whose coordinates these are
 * @param head the belief over w_u of r_h = ⟨w_u, x⟩
 * @param events how many events the head has learned from
 * @param row the belief over the coordinates of the user's P-DPO row; null: none yet
 * @param rowEvents how many events the row has learned from
 */
public record UserState(
    long epoch, GaussianWeights head, long events, @Nullable GaussianWeights row, long rowEvents) {
  /** Checks the counts. */
  public UserState {
    if (events < 0 || rowEvents < 0) {
      throw new IllegalArgumentException(
          "%d events, %d of the row; allowed are 0 and more".formatted(events, rowEvents));
    }
  }

  /**
   * Restores a stored state.
   *
   * @param rowMean empty where the user has no row
   * @throws IllegalArgumentException if the values are no beliefs
   */
  public static UserState restore(
      long epoch,
      List<Float> headMean,
      List<Float> headCovariance,
      long events,
      List<Float> rowMean,
      List<Float> rowCovariance,
      long rowEvents) {
    return new UserState(
        epoch,
        GaussianWeights.restore(floats(headMean), floats(headCovariance)),
        events,
        rowMean.isEmpty() ? null : GaussianWeights.restore(floats(rowMean), floats(rowCovariance)),
        rowEvents);
  }

  private static float[] floats(List<Float> values) {
    float[] array = new float[values.size()];
    for (int i = 0; i < array.length; i++) {
      array[i] = values.get(i);
    }
    return array;
  }

  /** The same with another head, which has learned from so many events. */
  public UserState withHead(GaussianWeights other, long learned) {
    return new UserState(epoch, other, learned, row, rowEvents);
  }

  /** The same with another row, which has learned from so many events. */
  public UserState withRow(@Nullable GaussianWeights other, long learned) {
    return new UserState(epoch, head, events, other, learned);
  }
}
