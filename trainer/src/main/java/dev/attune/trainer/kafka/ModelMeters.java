package dev.attune.trainer.kafka;

import dev.attune.trainer.core.Measurement;
import dev.attune.trainer.core.ModelCheckpoint;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;

/**
 * The meters of each owned model, as of its last committed checkpoint. They go when the model is
 * not owned any more. Updated by one thread.
 */
final class ModelMeters {
  private static final String MODEL = "model";

  private final MeterRegistry registry;
  private final Map<String, Map<Meter.Id, AtomicReference<Double>>> gauges = new HashMap<>();

  ModelMeters(MeterRegistry registry) {
    this.registry = registry;
  }

  void committed(ModelCheckpoint checkpoint) {
    String model = checkpoint.name();
    set(model, "attune.trainer.version", "Version that is served; 0 is none yet", Tags.empty())
        .set((double) checkpoint.version());
    checkpoint
        .metrics()
        .forEach(
            (measure, value) ->
                set(
                        model,
                        "attune.trainer.prequential",
                        "Measured on events before they were learned from",
                        Tags.of("measure", measure))
                    .set(value));
    checkpoint
        .alarms()
        .forEach(
            (alarm, raised) ->
                set(
                        model,
                        "attune.trainer.alarm",
                        "1 while something is wrong with how a model learns",
                        Tags.of("alarm", alarm))
                    .set(raised ? 1.0 : 0.0));
    for (Measurement measurement : checkpoint.measurements()) {
      if (measurement.kind().equals("gate")) {
        registry
            .counter(
                "attune.trainer.gate.decisions",
                Tags.of(MODEL, model, "decision", measurement.labels().get("decision")))
            .increment();
      } else if (measurement.kind().equals("drift")) {
        registry.counter("attune.trainer.drifts", MODEL, model).increment();
      }
    }
  }

  private AtomicReference<Double> set(String model, String name, String description, Tags tags) {
    Map<Meter.Id, AtomicReference<Double>> own =
        gauges.computeIfAbsent(model, any -> new HashMap<>());
    Tags all = tags.and(Tag.of(MODEL, model));
    Meter.Id id = new Meter.Id(name, all, null, description, Meter.Type.GAUGE);
    AtomicReference<Double> known = own.get(id);
    if (known != null) {
      return known;
    }
    AtomicReference<Double> value = new AtomicReference<>(0.0);
    own.put(id, value);
    Gauge.builder(name, value, AtomicReference::get)
        .description(description)
        .tags(all)
        .register(registry);
    return value;
  }

  /** Takes the gauges of models away that are owned elsewhere now. */
  void dropped(Collection<String> models) {
    for (String model : models) {
      gauges.getOrDefault(model, Map.of()).keySet().forEach(registry::remove);
      gauges.remove(model);
    }
  }
}
