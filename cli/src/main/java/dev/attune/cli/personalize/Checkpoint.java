package dev.attune.cli.personalize;

import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * How newcomers are served after some events of each.
 *
 * @param events how many
 * @param accuracies on the newcomers' test choices
 */
record Checkpoint(int events, GroupAccuracies accuracies) {
  /**
   * Lets a stream learn the newcomers' events, each once and in order, and tests it on the way.
   *
   * @param at after how many events to test, ascending
   */
  static List<Checkpoint> of(UserStream stream, Population population, List<Integer> at) {
    List<Checkpoint> checkpoints = new ArrayList<>();
    int learned = 0;
    for (int events : at) {
      for (; learned < events; learned++) {
        List<PersonalComparison> round = new ArrayList<>();
        for (List<PersonalComparison> choices : population.streams().values()) {
          if (learned < choices.size()) {
            round.add(choices.get(learned));
          }
        }
        stream.learn(round);
      }
      checkpoints.add(
          new Checkpoint(
              events,
              GroupAccuracies.of(
                  stream, population, population.newcomers(), UnaryOperator.identity())));
    }
    return checkpoints;
  }

  /** The mean of several runs, checkpoint by checkpoint. */
  static List<Checkpoint> mean(List<List<Checkpoint>> runs) {
    List<Checkpoint> means = new ArrayList<>();
    for (int i = 0; i < runs.get(0).size(); i++) {
      int at = i;
      means.add(
          new Checkpoint(
              runs.get(0).get(i).events(),
              GroupAccuracies.mean(runs.stream().map(run -> run.get(at).accuracies()).toList())));
    }
    return means;
  }

  /** The accuracies after so many events. */
  static GroupAccuracies after(List<Checkpoint> checkpoints, int events) {
    return checkpoints.stream()
        .filter(checkpoint -> checkpoint.events == events)
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("no test after " + events + " events"))
        .accuracies();
  }
}
