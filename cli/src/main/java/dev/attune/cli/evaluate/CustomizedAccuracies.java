package dev.attune.cli.evaluate;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/**
 * Accuracies of the paper's tables: in each domain, and on general preferences.
 *
 * @param domains by domain
 * @param general by general set
 */
record CustomizedAccuracies(Map<String, InDomain> domains, Map<String, OnGeneral> general) {
  /**
   * A domain's test pairs: its response over each other one.
   *
   * @param before by the general model
   * @param after by the domain's own
   * @param longer by the number of characters
   * @param floor by {@link LexicalFloor}
   * @param eceBefore calibration error of the general model's rewards
   * @param ece calibration error of the own model's rewards
   */
  record InDomain(
      PairAccuracy before,
      PairAccuracy after,
      PairAccuracy longer,
      PairAccuracy floor,
      double eceBefore,
      double ece) {}

  /**
   * A general set's test pairs, ties left out.
   *
   * @param before by the general model with the head of the set
   * @param beforePooled by the general model with its pooled head, as other domains see it
   * @param after by each domain's own model
   * @param longer by the number of characters
   */
  record OnGeneral(
      PairAccuracy before,
      PairAccuracy beforePooled,
      Map<String, PairAccuracy> after,
      PairAccuracy longer) {
    /** The mean over the domains. */
    double meanAfter() {
      return after.values().stream().mapToDouble(PairAccuracy::value).average().orElse(Double.NaN);
    }
  }

  /** The mean over the domains. */
  double mean(ToDoubleFunction<InDomain> value) {
    return domains.values().stream().mapToDouble(value).average().orElse(Double.NaN);
  }

  /** The mean over the general sets. */
  double meanGeneral(ToDoubleFunction<OnGeneral> value) {
    return general.values().stream().mapToDouble(value).average().orElse(Double.NaN);
  }

  /** The fields {@code domains}, {@code mean} and {@code general}. */
  Map<String, Object> json() {
    Map<String, Object> json = new LinkedHashMap<>();
    Map<String, Object> inDomains = new LinkedHashMap<>();
    domains.forEach((domain, its) -> inDomains.put(domain, json(its)));
    json.put("domains", inDomains);
    Map<String, Object> mean = new LinkedHashMap<>();
    mean.put("before", mean(d -> d.before().value()));
    mean.put("after", mean(d -> d.after().value()));
    mean.put("longer", mean(d -> d.longer().value()));
    mean.put("floor", mean(d -> d.floor().value()));
    mean.put("ece", mean(InDomain::ece));
    json.put("mean", mean);
    Map<String, Object> onGeneral = new LinkedHashMap<>();
    general.forEach((set, its) -> onGeneral.put(set, json(its)));
    json.put("general", onGeneral);
    return json;
  }

  private static Map<String, Object> json(InDomain its) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("before", its.before().value());
    json.put("after", its.after().value());
    json.put("longer", its.longer().value());
    json.put("floor", its.floor().value());
    json.put("ece", its.ece());
    json.put("ece_before", its.eceBefore());
    json.put("pairs", its.after().pairs());
    return json;
  }

  private static Map<String, Object> json(OnGeneral its) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("before", its.before().value());
    json.put("after", its.meanAfter());
    json.put("before_pooled", its.beforePooled().value());
    json.put("longer", its.longer().value());
    Map<String, Object> byDomain = new LinkedHashMap<>();
    its.after().forEach((domain, accuracy) -> byDomain.put(domain, accuracy.value()));
    json.put("after_by_domain", byDomain);
    json.put("pairs", its.before().pairs());
    return json;
  }
}
