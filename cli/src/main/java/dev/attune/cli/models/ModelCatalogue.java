package dev.attune.cli.models;

import dev.attune.schemas.ModelKeys;
import dev.attune.schemas.events.ModelVersion;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What attune.models says of each model: its current manifest, the versions that were published,
 * and what operators ask for.
 */
public final class ModelCatalogue {
  private final Map<String, ModelVersion> byKey;

  /** Why a version is served. */
  enum Reason {
    /** It is the newest. */
    NEWEST,
    /** An operator holds the model at it. */
    PINNED,
    /** An operator wants the model to go back to it, and no trainer has taken that up yet. */
    ROLLBACK_WAITS,
    /** Nothing is published yet. */
    NONE
  }

  /**
   * What the scorer serves of a model.
   *
   * @param version 0 where nothing is
   */
  record Served(long version, Reason reason) {}

  /**
   * @param byKey the newest manifests by {@link ModelKeys key}; not changed
   */
  public ModelCatalogue(Map<String, ModelVersion> byKey) {
    this.byKey = byKey;
  }

  /** The names of all models, in alphabetical order. */
  SortedSet<String> names() {
    SortedSet<String> names = new TreeSet<>();
    byKey.forEach(
        (key, manifest) -> {
          if (key.equals(manifest.getName())) {
            names.add(key);
          }
        });
    return names;
  }

  /** The manifest that training goes on from. */
  Optional<ModelVersion> current(String name) {
    return Optional.ofNullable(byKey.get(name));
  }

  /**
   * The published versions whose manifests are still there, each as of its publication; the current
   * one may be of a later checkpoint where its own is gone.
   */
  public NavigableMap<Long, ModelVersion> versions(String name) {
    NavigableMap<Long, ModelVersion> versions = new TreeMap<>();
    current(name)
        .filter(manifest -> manifest.getVersion() > 0)
        .ifPresent(manifest -> versions.put(manifest.getVersion(), manifest));
    byKey.forEach(
        (key, manifest) -> {
          if (key.equals(ModelKeys.history(name, manifest.getVersion()))) {
            versions.put(manifest.getVersion(), manifest);
          }
        });
    return versions;
  }

  /** The version that an operator holds the model at. */
  Optional<ModelVersion> pin(String name) {
    return Optional.ofNullable(byKey.get(ModelKeys.pin(name)));
  }

  /** The version that an operator wants the model to go back to. */
  Optional<ModelVersion> rollback(String name) {
    return Optional.ofNullable(byKey.get(ModelKeys.rollback(name)));
  }

  /** What the scorer serves: a rollback before a pin before the newest. */
  Served served(String name) {
    if (rollback(name).isPresent()) {
      return new Served(rollback(name).get().getVersion(), Reason.ROLLBACK_WAITS);
    }
    if (pin(name).isPresent()) {
      return new Served(pin(name).get().getVersion(), Reason.PINNED);
    }
    long version = current(name).map(ModelVersion::getVersion).orElse(0L);
    return new Served(version, version == 0 ? Reason.NONE : Reason.NEWEST);
  }
}
