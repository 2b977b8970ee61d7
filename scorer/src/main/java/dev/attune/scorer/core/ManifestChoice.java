package dev.attune.scorer.core;

import dev.attune.schemas.ModelKeys;
import dev.attune.schemas.events.ModelVersion;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Which of a model's manifests is to be served: the version that an operator wants it to go back
 * to, else the one that it is held at, else its own. Version 0 is nothing published, and history is
 * not looked at. Not thread-safe.
 */
public final class ManifestChoice {
  private final Map<String, Map<Source, ModelVersion>> manifests = new HashMap<>();

  /** In order of precedence. */
  private enum Source {
    ROLLBACK,
    PIN,
    OWN
  }

  /** The model whose choice a key may change; empty for keys that do not matter here. */
  public Optional<String> model(String key) {
    return place(key).map(Place::model);
  }

  /**
   * A manifest was read.
   *
   * @param key as {@link #model} knows it
   * @param manifest null where it was deleted
   */
  public void put(String key, @Nullable ModelVersion manifest) {
    Place place = place(key).orElseThrow();
    Map<Source, ModelVersion> sources =
        manifests.computeIfAbsent(place.model, name -> new EnumMap<>(Source.class));
    if (manifest == null || manifest.getVersion() == 0) {
      sources.remove(place.source);
    } else {
      sources.put(place.source, manifest);
    }
    if (sources.isEmpty()) {
      manifests.remove(place.model);
    }
  }

  /** The manifest of this model that is to be served; empty for none. */
  public Optional<ModelVersion> of(String model) {
    return manifests.getOrDefault(model, Map.of()).values().stream().findFirst();
  }

  private static Optional<Place> place(String key) {
    return ModelKeys.rolledBack(key)
        .map(model -> new Place(model, Source.ROLLBACK))
        .or(() -> ModelKeys.pinned(key).map(model -> new Place(model, Source.PIN)))
        .or(() -> Optional.of(new Place(key, Source.OWN)))
        .filter(place -> servable(place.model));
  }

  private static boolean servable(String model) {
    return ModelKeys.isReward(model)
        || model.equals(ModelKeys.POLICY)
        || ModelKeys.calibrationDomain(model).isPresent();
  }

  private record Place(String model, Source source) {}
}
