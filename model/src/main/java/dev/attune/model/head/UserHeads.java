package dev.attune.model.head;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/**
 * The heads of all users of one basis. A user has the prior's head until the first event, and again
 * after a removal: a user who is not known is the generic user. One thread at a time.
 */
public final class UserHeads {
  private final UserHead generic;
  private final Map<String, UserHead> heads = new HashMap<>();

  /** Makes heads of nobody yet. */
  public UserHeads(GaussianWeights prior) {
    this.generic = new UserHead(prior, 0);
  }

  /** Returns the head of a user of whom nothing is known: the prior. */
  public UserHead generic() {
    return generic;
  }

  /** Returns a user's head. */
  public UserHead head(String user) {
    return heads.getOrDefault(user, generic);
  }

  /** Learns an event of a user; see {@link UserHead#learn}. */
  public UserHead learn(String user, double[] x, double offset, double target) {
    UserHead learned = head(user).learn(x, offset, target);
    heads.put(user, learned);
    return learned;
  }

  /** Puts a stored head in its place. */
  public void put(String user, UserHead head) {
    if (head.weights().size() != generic.weights().size()) {
      throw new IllegalArgumentException(
          "a head of %d weights among heads of %d"
              .formatted(head.weights().size(), generic.weights().size()));
    }
    heads.put(user, head);
  }

  /** Forgets a user entirely. */
  public void remove(String user) {
    heads.remove(user);
  }

  /** Returns the users who have a head of their own. */
  public Set<String> users() {
    return Set.copyOf(heads.keySet());
  }

  /**
   * Returns the same users' heads in another basis.
   *
   * @param change from this basis to the other
   * @param prior of the other basis
   */
  public UserHeads carry(BasisChange change, GaussianWeights prior) {
    UserHeads carried = new UserHeads(prior);
    heads.forEach(
        (user, head) ->
            carried.heads.put(
                user,
                new UserHead(
                    change.carry(head.weights(), generic.weights(), prior), head.events())));
    return carried;
  }
}
