package dev.attune.cli.personalize;

import java.util.List;

/** A way to learn the preferences of some users together. One thread at a time. */
interface PersonalMethod extends PersonalRewards, AutoCloseable {
  /**
   * Learns what the users share and what belongs to each. Called once, first.
   *
   * @param comparisons in the order in which they came; one pass or several, as the method likes
   */
  void train(List<PersonalComparison> comparisons);

  @Override
  void close();
}
