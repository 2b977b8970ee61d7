package dev.attune.scorer.core;

import dev.attune.model.head.GaussianWeights;
import dev.attune.model.policy.Policy;
import dev.attune.model.policy.UserState;
import dev.attune.schemas.events.EventReference;
import dev.attune.schemas.events.Position;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is known of one user: the state as it was published, and up to where it includes the user's
 * feedback. Thread-safe.
 */
public final class KnownUser {
  private final UserState state;
  private final @Nullable Position included;
  private final @Nullable Position rowIncluded;
  private final List<EventReference> references;

  /** The last answer of {@link #under}: a policy stays for many requests. */
  private volatile @Nullable Carried carried;

  /**
   * @param included the head includes the feedback up to here
   * @param rowIncluded the same of the row
   * @param references the latest events that the head has learned from, oldest first
   */
  public KnownUser(
      UserState state,
      @Nullable Position included,
      @Nullable Position rowIncluded,
      List<EventReference> references) {
    this.references = List.copyOf(references);
    this.state = state;
    this.included = included;
    this.rowIncluded = rowIncluded;
  }

  /** The policy's epoch that the published state is of. */
  public long epoch() {
    return state.epoch();
  }

  /** The head includes the user's feedback up to here. */
  public @Nullable Position included() {
    return included;
  }

  /** The row includes the user's feedback up to here. */
  public @Nullable Position rowIncluded() {
    return rowIncluded;
  }

  /** The latest events that the head has learned from, oldest first. */
  public List<EventReference> references() {
    return references;
  }

  /** The state in a policy's epoch; null where it does not fit the policy. */
  @SuppressWarnings("ReferenceEquality") // the very policy: comparing its contents costs more
  public @Nullable UserState under(Policy policy) {
    Carried last = carried;
    if (last == null || last.policy != policy) {
      last = new Carried(policy, carry(policy));
      carried = last;
    }
    return last.state;
  }

  private @Nullable UserState carry(Policy policy) {
    try {
      UserState moved = policy.carry(state);
      GaussianWeights rows = policy.rows() == null ? null : policy.rows().prior();
      boolean fits =
          moved.head().size() == policy.basis().size()
              && (rows == null || moved.row() == null || moved.row().size() == rows.size());
      return fits ? moved : null;
    } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
      return null;
    }
  }

  private record Carried(Policy policy, @Nullable UserState state) {}
}
