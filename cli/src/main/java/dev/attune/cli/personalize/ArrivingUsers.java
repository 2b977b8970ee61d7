package dev.attune.cli.personalize;

import dev.attune.cli.imports.DspQuery;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Random;

/**
 * Simulated users of the six profiles who come, choose between a query's responses some times, and
 * go; for each who goes another one comes. One thread at a time.
 */
public final class ArrivingUsers {
  private static final int SHORTEST_STAY = 16;
  private static final int LONGEST_STAY = 24;

  private final List<SimulatedUser> profiles;
  private final List<ReplyPair> pairs;
  private final Random random;
  private final List<Deque<PersonalComparison>> present = new ArrayList<>();
  private final int users;
  private int arrived;

  /**
   * @param queries whose responses are chosen from
   * @param users how many come in all
   * @param atOnce how many are there at a time
   */
  public ArrivingUsers(List<DspQuery> queries, int users, int atOnce, long seed) {
    this.pairs = ReplyPair.ofQueries(queries);
    this.profiles =
        Profiles.users(
            queries.stream().flatMap(query -> query.responses().values().stream()).toList());
    this.users = users;
    this.random = new Random(seed);
    while (present.size() < Math.min(atOnce, users)) {
      // Those who are there at first have stayed for different times.
      Deque<PersonalComparison> stay = newcomer();
      int left = 1 + random.nextInt(stay.size());
      while (stay.size() > left) {
        stay.removeLast();
      }
      present.add(stay);
    }
  }

  /** How many users have come so far. */
  public int arrived() {
    return arrived;
  }

  /** The next choice of each user who is there; empty when all have gone. */
  public List<PersonalComparison> round() {
    List<PersonalComparison> choices = new ArrayList<>();
    for (int i = 0; i < present.size(); i++) {
      if (present.get(i).isEmpty() && arrived < users) {
        present.set(i, newcomer());
      }
      PersonalComparison choice = present.get(i).poll();
      if (choice != null) {
        choices.add(choice);
      }
    }
    return choices;
  }

  /** The profiles come in turn, so that each is as frequent as the others. */
  private Deque<PersonalComparison> newcomer() {
    SimulatedUser profile = profiles.get(arrived % profiles.size());
    arrived++;
    SimulatedUser user =
        new SimulatedUser(
            "%s-%d".formatted(profile.id(), arrived), profile.group(), "", profile.taste());
    int stay = SHORTEST_STAY + random.nextInt(LONGEST_STAY - SHORTEST_STAY + 1);
    return new ArrayDeque<>(user.choices(pairs, stay, random));
  }
}
