package dev.attune.scorer.core;

import dev.attune.model.policy.UserState;
import dev.attune.scorer.core.RewardFunction.LoadedPolicy;
import org.jspecify.annotations.Nullable;

/**
 * A user as a policy serves them.
 *
 * @param state the user's, in the policy's epoch; the generic one where nothing is known of them
 * @param known null for a user of whom nothing is known
 */
record ServedUser(LoadedPolicy policy, UserState state, @Nullable KnownUser known) {
  /** A state that does not fit the policy is as good as none. */
  static ServedUser of(UserStates users, String userId, LoadedPolicy policy) {
    KnownUser known = users.find(userId, policy.policy().epoch());
    UserState state = known == null ? null : known.under(policy.policy());
    return state == null
        ? new ServedUser(policy, policy.policy().generic(), null)
        : new ServedUser(policy, state, known);
  }

  /** The state with the generic row until the user has one; null where the policy has no rows. */
  @Nullable UserState withRow() {
    if (!policy.hasRows()) {
      return null;
    }
    return state.row() != null ? state : state.withRow(policy.policy().generic().row(), 0);
  }
}
