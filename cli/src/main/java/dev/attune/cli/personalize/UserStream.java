package dev.attune.cli.personalize;

import java.util.List;

/**
 * What goes on learning about users, event by event, each event once, with everything that users
 * share left as it is. One thread at a time.
 */
interface UserStream extends PersonalRewards {
  /**
   * Learns comparisons. A user who is new is created.
   *
   * @param events at most one of each user, so that they may be learned side by side
   */
  void learn(List<PersonalComparison> events);
}
