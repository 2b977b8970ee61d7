package dev.attune.cli.personalize;

import dev.attune.cli.evaluate.PairAccuracy;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * Accuracies on the users' test choices, each user counted alike.
 *
 * @param all the mean over all users
 * @param groups the mean over the users of each group, by the group's name
 */
record GroupAccuracies(double all, Map<String, Double> groups) {
  GroupAccuracies {
    groups = Map.copyOf(groups);
  }

  /**
   * Tests rewards.
   *
   * @param as turns a user's choice into the one that is asked, such as that of the generic user
   */
  static GroupAccuracies of(
      PersonalRewards rewards,
      Population population,
      List<SimulatedUser> users,
      UnaryOperator<PersonalComparison> as) {
    double[] margins = rewards.margins(population.tests(users).stream().map(as).toList());
    Map<String, List<Double>> byGroup = new LinkedHashMap<>();
    List<Double> all = new ArrayList<>();
    int next = 0;
    for (SimulatedUser user : users) {
      PairAccuracy accuracy = PairAccuracy.NONE;
      for (int i = population.tests().get(user.id()).size(); i > 0; i--) {
        accuracy = accuracy.plus(PairAccuracy.of(margins[next++], 0));
      }
      all.add(accuracy.value());
      byGroup.computeIfAbsent(user.group(), group -> new ArrayList<>()).add(accuracy.value());
    }
    Map<String, Double> groups = new LinkedHashMap<>();
    byGroup.forEach((group, values) -> groups.put(group, average(values)));
    return new GroupAccuracies(average(all), groups);
  }

  /** The mean of several; groups that all of them have. */
  static GroupAccuracies mean(List<GroupAccuracies> several) {
    Map<String, Double> groups = new LinkedHashMap<>();
    for (String group : several.get(0).groups.keySet()) {
      groups.put(group, average(several.stream().map(one -> one.group(group)).toList()));
    }
    return new GroupAccuracies(
        average(several.stream().map(GroupAccuracies::all).toList()), groups);
  }

  /** A group's accuracy; NaN where there is no such group. */
  double group(String name) {
    return groups.getOrDefault(name, Double.NaN);
  }

  private static double average(List<Double> values) {
    return values.stream().mapToDouble(Double::doubleValue).average().orElse(Double.NaN);
  }
}
