package dev.attune.cli.demo;

import dev.attune.cli.demo.Prequential.Accuracies;
import dev.attune.cli.demo.Prequential.Point;
import dev.attune.cli.evaluate.PairAccuracy;
import dev.attune.cli.traffic.EventAccounts;
import dev.attune.cli.traffic.RequestAccounts;
import dev.attune.schemas.events.ModelVersion;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a run of the demo came to.
 *
 * @param comparisonsTrained from the manifests
 * @param accuracies prequential, last half, in domains that have a model of their own
 * @param byDomain the same for each domain
 * @param curve the accuracies over time
 * @param freshnessP50 of an event, from its append to the arrival of its user's state that includes
 *     it, in milliseconds; NaN where none came
 * @param latencyP50 of a request, from sending it to its result, in milliseconds
 * @param users who had a state of their own in the end
 * @param seconds of traffic
 * @param servingAfter seconds from the start of the process to the first result
 */
record DemoResult(
    EventAccounts events,
    RequestAccounts requests,
    long comparisonsTrained,
    Accuracies accuracies,
    Map<String, Accuracies> byDomain,
    List<Point> curve,
    double freshnessP50,
    double freshnessP99,
    double latencyP50,
    double latencyP99,
    List<ModelVersion> models,
    long users,
    double seconds,
    double servingAfter,
    long seed) {

  /** True if nothing was lost, repeated or failed. */
  boolean sound() {
    return events.balanced() && requests.balanced() && requests.failed() == 0;
  }

  /** The fields of {@code demo --json}; what was not seen is null. */
  Map<String, @Nullable Object> json() {
    Map<String, @Nullable Object> json = new LinkedHashMap<>();
    json.put("events_sent", events.sent());
    json.put("events_accepted", events.accepted());
    json.put("events_rejected", events.rejected());
    json.put("events_quarantined", events.quarantined());
    json.put("events_duplicate", events.duplicate());
    json.put("requests_sent", requests.sent());
    json.put("comparisons_trained", comparisonsTrained);
    json.put("requests_scored", requests.scored());
    json.put("accuracy", accuracy(accuracies));
    Map<String, @Nullable Object> freshness = new LinkedHashMap<>();
    freshness.put("p50", known(freshnessP50));
    freshness.put("p99", known(freshnessP99));
    json.put("freshness_ms", freshness);
    json.put("score_latency_ms", Map.of("p50", latencyP50, "p99", latencyP99));
    List<Object> versions = new ArrayList<>();
    for (ModelVersion model : models) {
      Map<String, Object> version = new LinkedHashMap<>();
      version.put("name", model.getName());
      version.put("version", model.getVersion());
      version.put("comparisons", model.getComparisons());
      version.put("metrics", model.getMetrics());
      versions.add(version);
    }
    json.put("models", versions);
    json.put("users", users);
    json.put("seconds", seconds);
    json.put("seed", seed);
    json.put("serving_after_s", servingAfter);
    Map<String, Object> domains = new LinkedHashMap<>();
    byDomain.forEach(
        (domain, its) -> {
          Map<String, @Nullable Object> one = accuracy(its);
          one.put("pairs", its.customized().pairs());
          domains.put(domain, one);
        });
    json.put("domains", domains);
    return json;
  }

  private static Map<String, @Nullable Object> accuracy(Accuracies accuracies) {
    Map<String, @Nullable Object> json = new LinkedHashMap<>();
    json.put("longer", known(accuracies.longer()));
    json.put("generic", known(accuracies.generic()));
    json.put("domain", known(accuracies.customized()));
    json.put("personal", known(accuracies.personal()));
    return json;
  }

  private static @Nullable Double known(PairAccuracy accuracy) {
    return known(accuracy.value());
  }

  /** JSON has no NaN: without pairs an accuracy is null. */
  private static @Nullable Double known(double value) {
    return Double.isNaN(value) ? null : value;
  }
}
