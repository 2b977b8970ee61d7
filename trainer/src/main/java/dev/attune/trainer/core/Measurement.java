package dev.attune.trainer.core;

import java.util.Map;

/**
 * Something that was measured of a model, for attune.evaluations.
 *
 * @param kind prequential, gate, drift or alarm
 * @param metrics what was measured
 * @param labels what it is of, where a name says it
 */
public record Measurement(String kind, Map<String, Double> metrics, Map<String, String> labels) {
  public Measurement {
    metrics = Map.copyOf(metrics);
    labels = Map.copyOf(labels);
  }
}
