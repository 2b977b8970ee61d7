package dev.attune.cli.personalize;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * Simulated users with their choices: users who are seen in training, and users who come later. The
 * training choices and the new users' streams are over pairs of the training part, all tests over
 * pairs of the test part.
 *
 * @param seen the users in training
 * @param newcomers users who are not
 * @param train the seen users' choices, in the order in which they came
 * @param tests by id, choices that nobody learns from, of all users
 * @param streams by id, what each newcomer chooses, in order
 */
record Population(
    List<SimulatedUser> seen,
    List<SimulatedUser> newcomers,
    List<PersonalComparison> train,
    Map<String, List<PersonalComparison>> tests,
    Map<String, List<PersonalComparison>> streams) {
  /**
   * How many choices are drawn.
   *
   * @param train of each seen user
   * @param test of each user
   * @param stream of each newcomer
   */
  record Size(int train, int test, int stream) {}

  Population {
    seen = List.copyOf(seen);
    newcomers = List.copyOf(newcomers);
    train = List.copyOf(train);
    tests = Collections.unmodifiableMap(new LinkedHashMap<>(tests));
    streams = Collections.unmodifiableMap(new LinkedHashMap<>(streams));
  }

  /** Lets the users choose. */
  static Population of(
      List<SimulatedUser> seen,
      List<SimulatedUser> newcomers,
      List<ReplyPair> trainPairs,
      List<ReplyPair> testPairs,
      Size size,
      long seed) {
    Random random = new Random(seed);
    List<PersonalComparison> train = new ArrayList<>();
    Map<String, List<PersonalComparison>> tests = new LinkedHashMap<>();
    Map<String, List<PersonalComparison>> streams = new LinkedHashMap<>();
    for (SimulatedUser user : seen) {
      train.addAll(user.choices(trainPairs, size.train(), random));
      tests.put(user.id(), user.choices(testPairs, size.test(), random));
    }
    Collections.shuffle(train, random);
    for (SimulatedUser user : newcomers) {
      streams.put(user.id(), user.choices(trainPairs, size.stream(), random));
      tests.put(user.id(), user.choices(testPairs, size.test(), random));
    }
    return new Population(seen, newcomers, train, tests, streams);
  }

  /** The test choices of some users. */
  List<PersonalComparison> tests(List<SimulatedUser> users) {
    return users.stream().flatMap(user -> tests.get(user.id()).stream()).toList();
  }
}
