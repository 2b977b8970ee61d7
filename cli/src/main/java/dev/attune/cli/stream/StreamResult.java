package dev.attune.cli.stream;

import dev.attune.cli.traffic.EventAccounts;
import dev.attune.schemas.events.ModelVersion;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What {@code evaluate stream} came to.
 *
 * @param simulated null where it was left out
 * @param settings of the services, as they were set for it
 * @param baseSeconds what making the base took
 */
record StreamResult(
    People people,
    @Nullable Simulated simulated,
    Map<String, String> settings,
    double baseSeconds,
    long seed) {

  /**
   * People's judgments.
   *
   * @param events what ingest made of them
   * @param models as they are at the end
   */
  record People(
      StreamFigures figures, EventAccounts events, List<ModelVersion> models, double seconds) {}

  /**
   * Simulated users.
   *
   * @param users how many came
   * @param events what ingest made of their choices
   * @param models as they are at the end
   */
  record Simulated(
      SimulatedFigures figures,
      int users,
      EventAccounts events,
      List<ModelVersion> models,
      double seconds) {}

  /** Whether ingest accepted each event once. */
  boolean sound() {
    return sound(people.events) && (simulated == null || sound(simulated.events));
  }

  private static boolean sound(EventAccounts events) {
    return events.balanced() && events.accepted() == events.sent();
  }

  /** The fields of {@code evaluate stream --json}. */
  Map<String, @Nullable Object> json() {
    Map<String, @Nullable Object> json = new LinkedHashMap<>(people.figures.json());
    json.put("models", models(people.models));
    json.put("seconds", people.seconds);
    if (simulated != null) {
      Map<String, @Nullable Object> part =
          new LinkedHashMap<>(simulated.figures.json(simulated.users));
      part.put("models", models(simulated.models));
      part.put("seconds", simulated.seconds);
      json.put("simulated", part);
    }
    json.put("events_accepted", people.events.accepted());
    json.put("base_seconds", baseSeconds);
    json.put("settings", settings);
    json.put("seed", seed);
    return json;
  }

  private static List<Object> models(List<ModelVersion> models) {
    List<Object> all = new ArrayList<>();
    for (ModelVersion model : models) {
      Map<String, Object> one = new LinkedHashMap<>();
      one.put("name", model.getName());
      one.put("version", model.getVersion());
      one.put("comparisons", model.getComparisons());
      one.put("steps", model.getSteps());
      all.add(one);
    }
    return all;
  }
}
