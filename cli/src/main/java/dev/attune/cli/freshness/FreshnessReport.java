package dev.attune.cli.freshness;

import dev.attune.model.io.ModelConfig;
import java.util.LinkedHashMap;
import java.util.Map;
import org.HdrHistogram.Histogram;

/**
 * What was measured of freshness.
 *
 * @param base the base's sizes
 * @param seconds of the measurement
 * @param events appended meanwhile
 * @param heads from an event to the first score of its user that includes it
 * @param rows from an event to the first row of its user that includes it
 * @param decisions from the last event that a decision of the gate needed to the decision
 * @param roundTrip of the yardstick, in milliseconds
 * @param backlog events that no published checkpoint of a domain had learned at the end
 */
public record FreshnessReport(
    ModelConfig base,
    double seconds,
    long events,
    Timeline.Times heads,
    Timeline.Times rows,
    Timeline.Times decisions,
    Histogram roundTrip,
    long backlog) {
  private static final double MEDIAN = 50;
  private static final double TAIL = 99;

  /** The contract of {@code --json}. */
  public Map<String, Object> json() {
    double value = heads.millis().getValueAtPercentile(MEDIAN);
    double yardstick = roundTrip.getValueAtPercentile(MEDIAN);
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("benchmark", "freshness");
    json.put("value", value);
    json.put("unit", "ms");
    json.put("yardstick", yardstick);
    json.put("ratio", value / Math.max(1, yardstick));
    json.put("base_hidden", base.hiddenSize());
    json.put("base_layers", base.layers());
    json.put("head_ms", times(heads));
    json.put("row_ms", times(rows));
    json.put("domain_publish_ms", times(decisions));
    json.put("round_trip_ms", times(new Timeline.Times(roundTrip, 0)));
    json.put("events", events);
    json.put("events_per_second", events / seconds);
    json.put("domain_backlog", backlog);
    json.put("seconds", seconds);
    return json;
  }

  private static Map<String, Object> times(Timeline.Times times) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("p50", times.millis().getValueAtPercentile(MEDIAN));
    json.put("p99", times.millis().getValueAtPercentile(TAIL));
    json.put("max", times.millis().getMaxValue());
    json.put("count", times.millis().getTotalCount());
    json.put("missed", times.missed());
    return json;
  }
}
