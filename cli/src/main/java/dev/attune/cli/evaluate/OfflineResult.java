package dev.attune.cli.evaluate;

import dev.attune.cli.evaluate.CustomizedAccuracies.InDomain;
import dev.attune.cli.evaluate.CustomizedAccuracies.OnGeneral;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/**
 * What {@code evaluate customized --offline} came to.
 *
 * @param strategies each on the first seed
 * @param best of them, by {@link #best}
 * @param bySeed the best one on each seed
 * @param firstSeed the others follow it
 * @param seconds of all
 */
record OfflineResult(
    Map<Strategy, CustomizedAccuracies> strategies,
    Strategy best,
    List<CustomizedAccuracies> bySeed,
    long firstSeed,
    int trainQueries,
    int testQueries,
    double seconds) {

  /**
   * Copies the list.
   *
   * @throws IllegalArgumentException if there is no seed
   */
  OfflineResult {
    bySeed = List.copyOf(bySeed);
    if (bySeed.isEmpty()) {
      throw new IllegalArgumentException("no seed; allowed is one or more");
    }
  }

  /** The strategy with the highest sum of both means: in the domains and on general sets. */
  static Strategy best(Map<Strategy, CustomizedAccuracies> strategies) {
    return strategies.entrySet().stream()
        .max(
            Comparator.comparingDouble(
                entry -> domainsAfter(entry.getValue()) + generalAfter(entry.getValue())))
        .orElseThrow()
        .getKey();
  }

  static double domainsBefore(CustomizedAccuracies its) {
    return its.mean(d -> d.before().value());
  }

  static double domainsAfter(CustomizedAccuracies its) {
    return its.mean(d -> d.after().value());
  }

  static double generalBefore(CustomizedAccuracies its) {
    return its.meanGeneral(set -> set.before().value());
  }

  static double generalAfter(CustomizedAccuracies its) {
    return its.meanGeneral(OnGeneral::meanAfter);
  }

  static double ece(CustomizedAccuracies its) {
    return its.mean(InDomain::ece);
  }

  /** The best strategy's mean over the seeds. */
  double mean(ToDoubleFunction<CustomizedAccuracies> value) {
    return bySeed.stream().mapToDouble(value).average().orElseThrow();
  }

  /** Its standard deviation over the seeds; 0 where there is one seed. */
  double spread(ToDoubleFunction<CustomizedAccuracies> value) {
    double mean = mean(value);
    double squares = bySeed.stream().mapToDouble(value).map(x -> (x - mean) * (x - mean)).sum();
    return Math.sqrt(squares / Math.max(1, bySeed.size() - 1));
  }

  /** The same figure of one domain, for {@link #mean(ToDoubleFunction)}. */
  static ToDoubleFunction<CustomizedAccuracies> of(
      String domain, ToDoubleFunction<InDomain> value) {
    return its -> value.applyAsDouble(its.domains().get(domain));
  }

  /** The same figure of one general set. */
  static ToDoubleFunction<CustomizedAccuracies> ofSet(
      String set, ToDoubleFunction<OnGeneral> value) {
    return its -> value.applyAsDouble(its.general().get(set));
  }

  /** The fields of {@code evaluate customized --offline --json}. */
  Map<String, Object> json() {
    Map<String, Object> domains = new LinkedHashMap<>();
    for (String domain : bySeed.get(0).domains().keySet()) {
      domains.put(domain, domain(value -> of(domain, value)));
    }
    Map<String, Object> general = new LinkedHashMap<>();
    for (String set : bySeed.get(0).general().keySet()) {
      Map<String, Object> its = new LinkedHashMap<>();
      its.put("before", mean(ofSet(set, s -> s.before().value())));
      its.put("after", mean(ofSet(set, OnGeneral::meanAfter)));
      its.put("longer", mean(ofSet(set, s -> s.longer().value())));
      its.put("after_spread", spread(ofSet(set, OnGeneral::meanAfter)));
      general.put(set, its);
    }
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("domains", domains);
    json.put("mean", domain(value -> its -> its.mean(value)));
    json.put("general", general);
    json.put("best", best.label());
    Map<String, Object> each = new LinkedHashMap<>();
    strategies.forEach((strategy, its) -> each.put(strategy.label(), its.json()));
    json.put("strategies", each);
    List<Object> seeds = new ArrayList<>();
    for (int i = 0; i < bySeed.size(); i++) {
      Map<String, Object> one = new LinkedHashMap<>();
      one.put("seed", firstSeed + i);
      one.putAll(bySeed.get(i).json());
      seeds.add(one);
    }
    json.put("seeds", seeds);
    json.put("train_queries", trainQueries);
    json.put("test_queries", testQueries);
    json.put("seconds", seconds);
    return json;
  }

  private interface Figure {
    ToDoubleFunction<CustomizedAccuracies> of(ToDoubleFunction<InDomain> value);
  }

  private Map<String, Object> domain(Figure figure) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("before", mean(figure.of(d -> d.before().value())));
    json.put("after", mean(figure.of(d -> d.after().value())));
    json.put("longer", mean(figure.of(d -> d.longer().value())));
    json.put("floor", mean(figure.of(d -> d.floor().value())));
    json.put("ece", mean(figure.of(InDomain::ece)));
    json.put("after_spread", spread(figure.of(d -> d.after().value())));
    return json;
  }
}
