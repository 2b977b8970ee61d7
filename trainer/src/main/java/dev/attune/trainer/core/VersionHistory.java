package dev.attune.trainer.core;

import dev.attune.schemas.ModelKeys;
import dev.attune.schemas.events.Artifact;
import dev.attune.schemas.events.ModelVersion;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The manifests of attune.models by their keys: of each model the current one, the versions that
 * were published, and what operators ask for. Says which published versions and which artifacts
 * nobody needs any more.
 *
 * <p>A published version is obsolete when {@code keep} newer ones were published, the last of these
 * {@code grace} ago. An artifact is obsolete when no manifest of the log names it, and none that
 * was replaced less than {@code grace} ago. The grace lets a scorer finish loading an older
 * version, a domain that started from a general version publish its own, and an operator go back to
 * one that is just leaving. What was replaced is remembered here, as the log is compacted. Not
 * thread-safe.
 */
public final class VersionHistory {
  /** What was replaced longer ago than this many manifests was seen to before. */
  private static final int REMEMBERED = 1_000;

  private final int keep;
  private final Duration grace;
  private final Map<String, ModelVersion> log = new HashMap<>();
  private final Map<String, TreeMap<Long, ModelVersion>> published = new HashMap<>();
  private final Map<String, Deque<Replaced>> replaced = new HashMap<>();

  private record Replaced(ModelVersion version, Instant at) {}

  /**
   * @param keep how many published versions of each model are kept, at least 1
   * @param grace how long anything that was replaced keeps its artifacts
   */
  public VersionHistory(int keep, Duration grace) {
    if (keep < 1) {
      throw new IllegalArgumentException("keep = " + keep + ": at least 1");
    }
    if (grace.isNegative()) {
      throw new IllegalArgumentException("grace = " + grace + ": at least 0");
    }
    this.keep = keep;
    this.grace = grace;
  }

  /** Adds the next manifest of the log. */
  public void add(String key, ModelVersion version) {
    replaced(log.put(key, version), version.getPublishedAt());
    if (ModelKeys.isHistory(key)) {
      published
          .computeIfAbsent(version.getName(), any -> new TreeMap<>())
          .put(version.getVersion(), version);
    }
  }

  /**
   * Takes a manifest away that was deleted.
   *
   * @param at when
   */
  public void remove(String key, Instant at) {
    ModelVersion before = log.remove(key);
    replaced(before, at);
    if (before != null && ModelKeys.isHistory(key)) {
      published.get(before.getName()).remove(before.getVersion());
    }
  }

  private void replaced(@Nullable ModelVersion before, Instant at) {
    if (before == null) {
      return;
    }
    Deque<Replaced> list = replaced.computeIfAbsent(before.getName(), any -> new ArrayDeque<>());
    list.addLast(new Replaced(before, at));
    if (list.size() > REMEMBERED) {
      list.removeFirst();
    }
  }

  /** The current manifest of a model. */
  public Optional<ModelVersion> current(String name) {
    return get(name);
  }

  /** The current manifests of all models. */
  public List<ModelVersion> current() {
    return log.entrySet().stream()
        .filter(entry -> entry.getKey().equals(entry.getValue().getName()))
        .map(Map.Entry::getValue)
        .toList();
  }

  /** A published version that is kept, as of its publication. */
  public Optional<ModelVersion> published(String name, long version) {
    return get(ModelKeys.history(name, version));
  }

  /** The highest version of a model that was ever published; 0 where none was. */
  public long highestVersion(String name) {
    TreeMap<Long, ModelVersion> versions = published.getOrDefault(name, new TreeMap<>());
    return Math.max(
        versions.isEmpty() ? 0 : versions.lastKey(),
        current(name).map(ModelVersion::getVersion).orElse(0L));
  }

  /** The version that an operator holds a model at. */
  public Optional<ModelVersion> pin(String name) {
    return get(ModelKeys.pin(name));
  }

  /** The version that an operator wants a model to go back to. */
  public Optional<ModelVersion> rollback(String name) {
    return get(ModelKeys.rollback(name));
  }

  private Optional<ModelVersion> get(String key) {
    return Optional.ofNullable(log.get(key));
  }

  /**
   * What is of no use any more.
   *
   * @param versions published versions of one model, oldest first
   * @param artifacts that no remaining manifest names
   */
  public record Obsolete(
      List<ModelVersion> versions, List<Artifact> artifacts, List<ModelVersion> replaced) {}

  /**
   * What is obsolete of a model, oldest first.
   *
   * @param limit at most so many published versions, and so many manifests that were replaced
   */
  public Obsolete obsolete(String name, Instant now, int limit) {
    List<ModelVersion> versions = obsoleteVersions(name, now, limit);
    List<ModelVersion> due =
        replaced.getOrDefault(name, new ArrayDeque<>()).stream()
            .takeWhile(old -> !old.at().plus(grace).isAfter(now))
            .limit(limit)
            .map(Replaced::version)
            .toList();
    if (versions.isEmpty() && due.isEmpty()) {
      return new Obsolete(List.of(), List.of(), List.of());
    }
    Set<String> needed = needed(name, versions, due.size());
    Map<String, Artifact> artifacts = new LinkedHashMap<>();
    for (List<ModelVersion> gone : List.of(versions, due)) {
      for (ModelVersion version : gone) {
        for (Artifact artifact : List.of(version.getWeights(), version.getState())) {
          if (!needed.contains(artifact.getSha256())) {
            artifacts.put(artifact.getSha256(), artifact);
          }
        }
      }
    }
    return new Obsolete(versions, List.copyOf(artifacts.values()), due);
  }

  /**
   * The states of a model that no manifest needs, those within the grace included: they hold
   * events, so after a user has left they do not wait for a slow reader.
   *
   * @param replacing whether the current manifest is being replaced as well
   */
  public List<Artifact> passedStates(String name, boolean replacing) {
    Set<String> needed = new HashSet<>();
    log.forEach(
        (key, version) -> {
          if (!replacing || !key.equals(name)) {
            name(version, needed);
          }
        });
    Map<String, Artifact> passed = new LinkedHashMap<>();
    Stream.concat(
            replaced.getOrDefault(name, new ArrayDeque<>()).stream().map(Replaced::version),
            current(name).stream())
        .map(ModelVersion::getState)
        .filter(state -> !needed.contains(state.getSha256()))
        .forEach(state -> passed.put(state.getSha256(), state));
    return List.copyOf(passed.values());
  }

  private List<ModelVersion> obsoleteVersions(String name, Instant now, int limit) {
    List<ModelVersion> order = List.copyOf(published.getOrDefault(name, new TreeMap<>()).values());
    int count = 0;
    while (count < limit
        && count + keep < order.size()
        && !order.get(count + keep).getPublishedAt().plus(grace).isAfter(now)) {
      count++;
    }
    return order.subList(0, count);
  }

  /** The artifacts that are named by what remains. */
  private Set<String> needed(String name, List<ModelVersion> versions, int due) {
    Set<String> gone = new HashSet<>();
    versions.forEach(version -> gone.add(ModelKeys.history(name, version.getVersion())));
    Set<String> needed = new HashSet<>();
    log.forEach(
        (key, version) -> {
          if (!gone.contains(key)) {
            name(version, needed);
          }
        });
    replaced.forEach(
        (model, list) ->
            list.stream()
                .skip(model.equals(name) ? due : 0)
                .forEach(old -> name(old.version(), needed)));
    return needed;
  }

  private static void name(ModelVersion version, Set<String> needed) {
    needed.add(version.getWeights().getSha256());
    needed.add(version.getState().getSha256());
  }

  /** Drops what has been deleted. */
  public void forget(Obsolete obsolete) {
    for (ModelVersion version : obsolete.versions()) {
      published.get(version.getName()).remove(version.getVersion());
      log.remove(ModelKeys.history(version.getName(), version.getVersion()));
    }
    for (ModelVersion version : obsolete.replaced()) {
      Iterator<Replaced> list =
          replaced.getOrDefault(version.getName(), new ArrayDeque<>()).iterator();
      if (list.hasNext() && version.equals(list.next().version())) {
        list.remove();
      }
    }
  }
}
