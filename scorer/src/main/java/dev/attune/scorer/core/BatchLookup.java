package dev.attune.scorer.core;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One batch's values by key. What a cache has is taken from it; the others are computed once each,
 * so equal keys of a batch have the same value to the bit. Not thread-safe.
 */
public final class BatchLookup<K, V> {
  private final @Nullable LruCache<K, V> cache;
  private final Map<K, V> values = new HashMap<>();
  private final Set<K> missing = new LinkedHashSet<>();
  private int hits;

  /**
   * @param cache null for none
   */
  public BatchLookup(@Nullable LruCache<K, V> cache) {
    this.cache = cache;
  }

  /**
   * Asks for values.
   *
   * @return the indices of those that are to be computed: nobody has asked for them before
   */
  public List<Integer> missing(List<K> keys) {
    List<Integer> indices = new ArrayList<>();
    for (int i = 0; i < keys.size(); i++) {
      K key = keys.get(i);
      if (values.containsKey(key) || missing.contains(key)) {
        hits++;
        continue;
      }
      V cached = cache == null ? null : cache.get(key);
      if (cached != null) {
        hits++;
        values.put(key, cached);
      } else {
        missing.add(key);
        indices.add(i);
      }
    }
    return indices;
  }

  /**
   * Gives the values that were missing, in the order in which they were found to be.
   *
   * @throws IllegalArgumentException if their number differs
   */
  public void fill(List<V> computed) {
    if (computed.size() != missing.size()) {
      throw new IllegalArgumentException(
          computed.size() + " values for " + missing.size() + " keys");
    }
    int next = 0;
    for (K key : missing) {
      V value = computed.get(next++);
      values.put(key, value);
      if (cache != null) {
        cache.put(key, value);
      }
    }
  }

  /** The values of these keys, all of which were asked for. */
  public List<V> values(List<K> keys) {
    return keys.stream().map(values::get).toList();
  }

  /** How many of the values asked for were there. */
  public int hits() {
    return hits;
  }

  /** How many had to be computed. */
  public int misses() {
    return missing.size();
  }
}
