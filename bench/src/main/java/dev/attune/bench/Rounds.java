package dev.attune.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleSupplier;
import java.util.function.IntConsumer;

/**
 * Times tasks in rounds: each round runs every task once, and each begins with another one, so that
 * all of them meet the same machine. What else the machine does then moves all times of a round and
 * hardly their ratios.
 *
 * @param seconds by task, one a round
 */
public record Rounds(Map<String, double[]> seconds) {
  private static final int WARM_UPS = 2;

  /**
   * Runs tasks by name, after two rounds that do not count.
   *
   * @param done told the number of rounds that were run, those before included
   */
  static Rounds run(Map<String, Runnable> tasks, int rounds, Clock clock, IntConsumer done) {
    Map<String, DoubleSupplier> timed = new LinkedHashMap<>();
    tasks.forEach(
        (name, task) ->
            timed.put(
                name,
                () -> {
                  long start = clock.nanos();
                  task.run();
                  return (clock.nanos() - start) * 1e-9;
                }));
    return run(timed, WARM_UPS, rounds, done);
  }

  /**
   * Runs tasks by name that tell their own time.
   *
   * @param warmUps rounds before, which do not count
   * @param done told the number of rounds that were run, those before included
   */
  public static Rounds run(
      Map<String, DoubleSupplier> tasks, int warmUps, int rounds, IntConsumer done) {
    List<String> order = new ArrayList<>(tasks.keySet());
    Map<String, double[]> seconds = new LinkedHashMap<>();
    order.forEach(name -> seconds.put(name, new double[rounds]));
    for (int round = -warmUps; round < rounds; round++) {
      for (int i = 0; i < order.size(); i++) {
        String name = order.get(Math.floorMod(round + i, order.size()));
        double taken = tasks.get(name).getAsDouble();
        if (round >= 0) {
          seconds.get(name)[round] = taken;
        }
      }
      done.accept(round + 1 + warmUps);
    }
    return new Rounds(seconds);
  }

  /** Returns how many rounds {@link #run} takes in all. */
  static int all(int rounds) {
    return rounds + WARM_UPS;
  }

  /** Returns a task's median time. */
  public double median(String task) {
    return MedianInterval.of(seconds.get(task)).median();
  }

  /** Returns how many times as long as another a task took, over the rounds. */
  public MedianInterval ratio(String task, String other) {
    double[] ratios = new double[seconds.get(task).length];
    for (int i = 0; i < ratios.length; i++) {
      ratios[i] = seconds.get(task)[i] / seconds.get(other)[i];
    }
    return MedianInterval.of(ratios);
  }
}
