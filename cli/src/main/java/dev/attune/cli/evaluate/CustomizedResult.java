package dev.attune.cli.evaluate;

import dev.attune.cli.traffic.EventAccounts;
import dev.attune.schemas.events.ModelVersion;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What {@code evaluate customized} came to. All accuracies are by domainReward over test pairs.
 *
 * @param accuracies in the domains and on general preferences
 * @param seconds how long each phase took, in order
 */
record CustomizedResult(
    CustomizedAccuracies accuracies,
    EventAccounts events,
    List<ModelVersion> models,
    Map<String, Double> seconds,
    long seed,
    int trainQueries,
    int testQueries) {

  /** The fields of {@code evaluate customized --json}. */
  Map<String, @Nullable Object> json() {
    Map<String, @Nullable Object> json = new LinkedHashMap<>(accuracies.json());
    json.put("events_sent", events.sent());
    json.put("events_accepted", events.accepted());
    List<Object> versions = new ArrayList<>();
    for (ModelVersion model : models) {
      Map<String, Object> one = new LinkedHashMap<>();
      one.put("name", model.getName());
      one.put("version", model.getVersion());
      one.put("comparisons", model.getComparisons());
      one.put("replayed", model.getReplayed());
      one.put("steps", model.getSteps());
      versions.add(one);
    }
    json.put("models", versions);
    json.put("base", models.isEmpty() ? null : models.get(0).getBase());
    json.put("train_queries", trainQueries);
    json.put("test_queries", testQueries);
    json.put("seed", seed);
    json.put("phase_seconds", seconds);
    json.put("seconds", seconds.values().stream().mapToDouble(Double::doubleValue).sum());
    return json;
  }
}
