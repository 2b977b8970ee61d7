package dev.attune.cli.personalize;

import java.util.List;

/** Rewards that know whose they are. */
interface PersonalRewards {
  /**
   * By how much each comparison's user would reward the preferred reply more than the other one;
   * right where it is above zero. Learns nothing.
   *
   * @return in the order of the comparisons; a user who is not known, and {@link
   *     PersonalComparison#GENERIC}, is the generic user
   */
  double[] margins(List<PersonalComparison> comparisons);
}
