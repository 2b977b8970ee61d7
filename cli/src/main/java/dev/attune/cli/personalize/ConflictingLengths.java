package dev.attune.cli.personalize;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.ToIntFunction;

/**
 * Conflicting preferences (Li et al. 2024, §5.1): most users prefer the longer of two replies, the
 * others (a share of .3) the shorter. The length is in tokens, up to the limit at which replies are
 * cut; pairs of one length are no choice.
 */
final class ConflictingLengths {
  /** The group that prefers longer replies. */
  static final String MAJORITY = "majority";

  /** The group that prefers shorter replies. */
  static final String MINORITY = "minority";

  private static final int MAJORITY_USERS = 14;
  private static final int MINORITY_USERS = 6;

  private static final List<String> LONGER_TEXTS =
      List.of(
          "Prefers long, detailed answers.",
          "Likes thorough replies that leave nothing out.",
          "Wants everything explained at length.",
          "Enjoys extensive, complete answers.");
  private static final List<String> SHORTER_TEXTS =
      List.of(
          "Prefers short, brief answers.",
          "Likes terse replies without any detail.",
          "Wants only the point, in few words.",
          "Enjoys quick, concise answers.");

  private ConflictingLengths() {}

  /**
   * Makes users.
   *
   * @param prefix of their ids
   * @param withText whether something is written about each: one of a few descriptions of the taste
   * @param length of a reply
   */
  static List<SimulatedUser> users(
      String prefix, boolean withText, ToIntFunction<String> length, long seed) {
    Random random = new Random(seed);
    Taste longer =
        (first, second) -> Integer.compare(length.applyAsInt(first), length.applyAsInt(second));
    List<SimulatedUser> users = new ArrayList<>();
    for (int i = 0; i < MAJORITY_USERS + MINORITY_USERS; i++) {
      boolean major = i < MAJORITY_USERS;
      List<String> texts = major ? LONGER_TEXTS : SHORTER_TEXTS;
      users.add(
          new SimulatedUser(
              prefix + (i + 1),
              major ? MAJORITY : MINORITY,
              withText ? texts.get(random.nextInt(texts.size())) : "",
              major ? longer : longer.opposed()));
    }
    return users;
  }
}
