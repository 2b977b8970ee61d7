package dev.attune.cli.personalize;

import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.function.UnaryOperator;

/**
 * What a trained method came to on one population.
 *
 * @param seen the users in training, as themselves
 * @param generic newcomers' choices, asked of the generic user; with the users' texts where they
 *     have some
 * @param seconds how long training took
 */
record Outcome(GroupAccuracies seen, GroupAccuracies generic, double seconds) {
  /** Trains a method on a population's training choices and tests it. */
  static Outcome of(PersonalMethod method, Population population) {
    long start = System.nanoTime();
    method.train(population.train());
    double seconds = (System.nanoTime() - start) / 1e9;
    return new Outcome(
        GroupAccuracies.of(method, population, population.seen(), UnaryOperator.identity()),
        GroupAccuracies.of(method, population, population.newcomers(), PersonalComparison::generic),
        seconds);
  }

  /** The mean of a figure over several runs. */
  static double mean(List<Outcome> runs, ToDoubleFunction<Outcome> value) {
    return runs.stream().mapToDouble(value).average().orElse(Double.NaN);
  }

  /** Half of the distance between the largest and the smallest of a figure. */
  static double spread(List<Outcome> runs, ToDoubleFunction<Outcome> value) {
    double[] sorted = runs.stream().mapToDouble(value).sorted().toArray();
    return (sorted[sorted.length - 1] - sorted[0]) / 2;
  }
}
