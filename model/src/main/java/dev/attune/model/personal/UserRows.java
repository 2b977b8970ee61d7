package dev.attune.model.personal;

import org.jspecify.annotations.Nullable;

/**
 * Where users' rows are kept, by the users' ids. Learners read the rows of a batch's users and put
 * them back changed; nobody else's is touched. A user without a row is served as the generic user.
 *
 * <p>Implementations that are read while a learner runs must be safe for that.
 */
public interface UserRows {
  /** Returns a user's row, or null. */
  @Nullable UserRow find(String user);

  /** Keeps a user's row in place of the one before. */
  void put(String user, UserRow row);

  /** Forgets a user; returns whether there was a row. */
  boolean remove(String user);
}
