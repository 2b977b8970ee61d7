package dev.attune.scorer.core;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The entries used last, up to a number of them. Thread-safe. */
public final class LruCache<K, V> {
  private final int most;
  private final Map<K, V> entries = new LinkedHashMap<>(16, 0.75f, true);

  /**
   * @param most entries; 0 keeps none
   */
  public LruCache(int most) {
    this.most = most;
  }

  /** The entry, which is the one used last now; null for none. */
  public synchronized @Nullable V get(K key) {
    return entries.get(key);
  }

  /** Adds or replaces an entry. */
  public synchronized void put(K key, V value) {
    entries.put(key, value);
    Iterator<K> oldest = entries.keySet().iterator();
    while (entries.size() > most) {
      oldest.next();
      oldest.remove();
    }
  }

  public synchronized void remove(K key) {
    entries.remove(key);
  }

  public synchronized void removeIf(Predicate<? super K> unwanted) {
    entries.keySet().removeIf(unwanted);
  }

  public synchronized void clear() {
    entries.clear();
  }

  public synchronized int size() {
    return entries.size();
  }
}
