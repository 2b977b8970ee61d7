package dev.attune.schemas.registry;

import dev.attune.schemas.registry.RegistryException.Kind;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A cache that looks each key up once at a time. What is found is kept, what does not exist is
 * remembered briefly, any other failure is not.
 */
final class SingleFlight<K, V> {
  private static final int MOST_ENTRIES = 10_000;

  private final ConcurrentMap<K, Entry<V>> entries = new ConcurrentHashMap<>();
  private final @Nullable Duration ttl;
  private final Duration missingTtl;

  /**
   * Creates an empty cache.
   *
   * @param ttl how long a value is kept; null for ever
   * @param missingTtl how long a key that does not exist is remembered
   */
  SingleFlight(@Nullable Duration ttl, Duration missingTtl) {
    this.ttl = ttl;
    this.missingTtl = missingTtl;
  }

  V get(K key, Function<K, V> lookup) {
    Entry<V> mine = new Entry<>();
    Entry<V> entry =
        entries.compute(key, (k, known) -> known == null || known.expired() ? mine : known);
    if (entry == mine) {
      fill(key, mine, lookup);
    }
    try {
      return entry.value.join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw e;
    }
  }

  private void fill(K key, Entry<V> entry, Function<K, V> lookup) {
    try {
      V value = lookup.apply(key);
      entry.expireAfter(ttl);
      entry.value.complete(value);
    } catch (RuntimeException | Error e) {
      if (e instanceof RegistryException known && known.kind() == Kind.NOT_FOUND) {
        entry.expireAfter(missingTtl);
        if (entries.size() > MOST_ENTRIES) {
          // Hostile ids must not fill the memory; asking again is only slow.
          entries.values().removeIf(Entry::missing);
        }
      } else {
        entries.remove(key, entry);
      }
      entry.value.completeExceptionally(e);
    }
  }

  private static final class Entry<V> {
    final CompletableFuture<V> value = new CompletableFuture<>();
    private volatile long created;
    private volatile @Nullable Duration lifetime;

    void expireAfter(@Nullable Duration lifetime) {
      this.created = System.nanoTime();
      this.lifetime = lifetime;
    }

    boolean missing() {
      return value.isCompletedExceptionally();
    }

    boolean expired() {
      Duration limit = lifetime;
      return limit != null && value.isDone() && System.nanoTime() - created >= limit.toNanos();
    }
  }
}
