package dev.attune.cli.personalize;

import java.util.List;

/**
 * A way to learn users' preferences, as the experiments use it: trained once, then asked, and for
 * users who come later taught event by event with everything shared left as it is. One thread at a
 * time.
 */
public interface PersonalMethod extends AutoCloseable {
  /**
   * Trains what is shared, and what belongs to the users in the comparisons. Called once, first.
   *
   * @param comparisons in the order in which they came; one pass or several, as the method likes
   */
  void train(List<PersonalComparison> comparisons);

  /**
   * By how much each comparison's user would reward the preferred reply more than the other one;
   * the method is right where it is above zero. Learns nothing.
   *
   * @return in the order of the comparisons; a user whom the method does not know, and {@link
   *     PersonalComparison#GENERIC}, is the generic user
   */
  double[] margins(List<PersonalComparison> comparisons);

  @Override
  void close();
}
