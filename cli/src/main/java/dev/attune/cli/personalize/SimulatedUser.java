package dev.attune.cli.personalize;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/**
 * A made-up user.
 *
 * @param id who it is
 * @param group those of one taste
 * @param text what is written about the user; may be empty
 * @param taste how the user chooses
 */
record SimulatedUser(String id, String group, String text, Taste taste) {
  /**
   * The user's choices among randomly drawn pairs, each pair at most once; pairs that the user does
   * not care about are passed over.
   *
   * @param count how many; fewer where there are not enough pairs
   */
  List<PersonalComparison> choices(List<ReplyPair> pairs, int count, Random random) {
    List<ReplyPair> drawn = new ArrayList<>(pairs);
    Collections.shuffle(drawn, random);
    List<PersonalComparison> choices = new ArrayList<>();
    for (ReplyPair pair : drawn) {
      double margin = taste.margin(pair.first(), pair.second());
      if (margin != 0 && choices.size() < count) {
        choices.add(pair.chosenBy(id, text, margin > 0));
      }
    }
    return choices;
  }
}
