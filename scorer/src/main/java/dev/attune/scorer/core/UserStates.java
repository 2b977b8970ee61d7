package dev.attune.scorer.core;

import org.jspecify.annotations.Nullable;

/** What is known of users now. Thread-safe. */
public interface UserStates {
  /**
   * A user's newest state that a policy of this epoch can use.
   *
   * @return null where nothing is known: a new user, or one who was erased
   */
  @Nullable KnownUser find(String userId, long epoch);
}
