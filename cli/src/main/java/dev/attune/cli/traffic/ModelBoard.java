package dev.attune.cli.traffic;

import dev.attune.schemas.ModelKeys;
import dev.attune.schemas.events.ModelVersion;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The newest manifest of each model, as attune.models shows them. Thread-safe. */
public final class ModelBoard {
  private final Instant startedAt;
  private final Map<String, ModelVersion> newest = new TreeMap<>();
  private final Map<String, Long> before = new HashMap<>();

  /**
   * @param startedAt what was published earlier does not count as learned now
   */
  public ModelBoard(Instant startedAt) {
    this.startedAt = startedAt;
  }

  /** Takes a manifest. */
  public synchronized void published(ModelVersion manifest) {
    if (manifest.getPublishedAt().isBefore(startedAt)) {
      before.put(manifest.getName(), manifest.getComparisons());
    }
    newest.put(manifest.getName(), manifest);
  }

  /** The newest manifest of a model, or null. */
  public synchronized @Nullable ModelVersion newest(String name) {
    return newest.get(name);
  }

  /** The newest manifests by name, in the names' order. */
  public synchronized List<ModelVersion> newest() {
    return List.copyOf(newest.values());
  }

  /**
   * Comparisons learned since the start, over all reward models, each counted once. The policy and
   * calibrations learn from the same ones again.
   */
  public synchronized long comparisonsLearned() {
    long sum = 0;
    for (ModelVersion manifest : newest.values()) {
      if (!ModelKeys.isReward(manifest.getName())) {
        continue;
      }
      sum += manifest.getComparisons() - before.getOrDefault(manifest.getName(), 0L);
    }
    return sum;
  }
}
