package dev.attune.trainer.core;

import dev.attune.schemas.events.Artifact;
import dev.attune.schemas.events.ModelVersion;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Remembers the versions of all models in the order of the manifest log and says which artifacts
 * nobody needs any more. The log itself is compacted, so the list is kept here.
 *
 * <p>An artifact is obsolete when the versions that name it have been replaced {@code keep} times,
 * the last of these {@code grace} ago, and no kept version of any model names it. The grace lets a
 * scorer finish loading an older version, and a domain that started from a general version publish
 * its own. Not thread-safe.
 */
public final class VersionHistory {
  /** A version that was replaced longer ago than this many publishes was seen to before. */
  private static final int REMEMBERED = 1_000;

  private final int keep;
  private final Duration grace;
  private final Map<String, Deque<ModelVersion>> versions = new HashMap<>();

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
  public void add(ModelVersion version) {
    Deque<ModelVersion> list =
        versions.computeIfAbsent(version.getName(), name -> new ArrayDeque<>());
    list.addLast(version);
    if (list.size() > REMEMBERED) {
      list.removeFirst();
    }
  }

  /** Forgets a model whose manifest was deleted. */
  public void remove(String name) {
    versions.remove(name);
  }

  /** The newest manifest of a model. */
  public Optional<ModelVersion> newest(String name) {
    return Optional.ofNullable(versions.get(name)).map(Deque::peekLast);
  }

  /** The newest manifests of all models. */
  public List<ModelVersion> newest() {
    return versions.values().stream().map(Deque::getLast).toList();
  }

  /**
   * Versions that are of no use any more, with the artifacts that go with them.
   *
   * @param versions replaced versions of one model, oldest first
   * @param artifacts those of them that no remaining version of any model names
   */
  public record Obsolete(List<ModelVersion> versions, List<Artifact> artifacts) {}

  /**
   * What is obsolete of a model, oldest first.
   *
   * @param limit at most so many versions
   */
  public Obsolete obsolete(String name, Instant now, int limit) {
    List<ModelVersion> order = List.copyOf(versions.getOrDefault(name, new ArrayDeque<>()));
    int replaced = 0;
    while (replaced < limit
        && replaced + keep < order.size()
        && !order.get(replaced + keep).getPublishedAt().plus(grace).isAfter(now)) {
      replaced++;
    }
    if (replaced == 0) {
      return new Obsolete(List.of(), List.of());
    }
    Set<String> needed = new HashSet<>();
    for (Map.Entry<String, Deque<ModelVersion>> entry : versions.entrySet()) {
      entry.getValue().stream()
          .skip(entry.getKey().equals(name) ? replaced : 0)
          .forEach(version -> artifacts(version).forEach(a -> needed.add(a.getSha256())));
    }
    List<ModelVersion> gone = order.subList(0, replaced);
    Map<String, Artifact> obsolete = new LinkedHashMap<>();
    for (ModelVersion version : gone) {
      for (Artifact artifact : artifacts(version)) {
        if (!needed.contains(artifact.getSha256())) {
          obsolete.put(artifact.getSha256(), artifact);
        }
      }
    }
    return new Obsolete(gone, List.copyOf(obsolete.values()));
  }

  /** Drops versions whose artifacts have been deleted. */
  public void forget(Obsolete obsolete) {
    for (ModelVersion version : obsolete.versions()) {
      versions.getOrDefault(version.getName(), new ArrayDeque<>()).remove(version);
    }
  }

  private static List<Artifact> artifacts(ModelVersion version) {
    return List.of(version.getWeights(), version.getState());
  }
}
