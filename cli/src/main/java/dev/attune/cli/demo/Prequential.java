package dev.attune.cli.demo;

import dev.attune.cli.evaluate.PairAccuracy;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Prequential accuracies (each choice is predicted before it is learned from; Dawid 1984), over the
 * last half of the choices and as curves. Thread-safe.
 */
final class Prequential {
  /** Accuracies of the predictors over the same pairs. */
  record Accuracies(
      PairAccuracy longer, PairAccuracy generic, PairAccuracy customized, PairAccuracy personal) {
    static final Accuracies NONE =
        new Accuracies(PairAccuracy.NONE, PairAccuracy.NONE, PairAccuracy.NONE, PairAccuracy.NONE);

    Accuracies plus(Outcome o) {
      return new Accuracies(
          longer.plus(o.longer()),
          generic.plus(o.generic()),
          customized.plus(o.customized()),
          personal.plus(o.personal()));
    }
  }

  /** Accuracies around a moment; a value without pairs is NaN. */
  record Point(double seconds, double longer, double generic, double customized, double personal) {}

  private final List<Outcome> outcomes = new ArrayList<>();

  synchronized void add(Outcome outcome) {
    outcomes.add(outcome);
  }

  synchronized int size() {
    return outcomes.size();
  }

  /** Over the last half of the choices made in a domain that has a model of its own. */
  synchronized Accuracies lastHalf() {
    Accuracies sum = Accuracies.NONE;
    for (Outcome outcome : laterHalf()) {
      if (!isGeneral(outcome)) {
        sum = sum.plus(outcome);
      }
    }
    return sum;
  }

  /** The same for each domain, the general one included. */
  synchronized Map<String, Accuracies> lastHalfByDomain() {
    Map<String, Accuracies> sums = new TreeMap<>();
    for (Outcome outcome : laterHalf()) {
      sums.put(
          outcome.domain(), sums.getOrDefault(outcome.domain(), Accuracies.NONE).plus(outcome));
    }
    return sums;
  }

  /**
   * The accuracies over time, in domains that have a model of their own.
   *
   * @param points how many equally long windows the time so far is cut into
   */
  synchronized List<Point> curve(int points) {
    List<Outcome> shown = outcomes.stream().filter(o -> !isGeneral(o)).toList();
    if (shown.isEmpty()) {
      return List.of();
    }
    double end = shown.get(shown.size() - 1).seconds() + 1e-9;
    Accuracies[] windows = new Accuracies[points];
    for (Outcome outcome : shown) {
      int window = Math.min(points - 1, (int) (points * Math.max(0, outcome.seconds()) / end));
      windows[window] = (windows[window] == null ? Accuracies.NONE : windows[window]).plus(outcome);
    }
    List<Point> curve = new ArrayList<>();
    for (int i = 0; i < points; i++) {
      if (windows[i] != null) {
        Accuracies a = windows[i];
        curve.add(
            new Point(
                end * (i + 0.5) / points,
                a.longer().value(),
                a.generic().value(),
                a.customized().value(),
                a.personal().value()));
      }
    }
    return curve;
  }

  private List<Outcome> laterHalf() {
    return outcomes.subList(outcomes.size() / 2, outcomes.size());
  }

  private static boolean isGeneral(Outcome outcome) {
    return outcome.domain().equals(ChatSimulator.GENERAL);
  }
}
