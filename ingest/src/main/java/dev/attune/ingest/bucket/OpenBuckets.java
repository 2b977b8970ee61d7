package dev.attune.ingest.bucket;

import dev.attune.ingest.bucket.OpenItems.OpenBucket;
import dev.attune.ingest.metrics.IngestMeters.Cause;
import dev.attune.schemas.events.Route;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The open buckets of one task: which items they have, and for each route which is the oldest, so
 * that finding those that are too old touches no other. Kept in memory with the items' contents;
 * the stores have what it takes to make it anew. Not thread-safe.
 */
final class OpenBuckets {
  static final List<Route> ROUTES = List.of(Route.BY_USER, Route.BY_DOMAIN);

  private final Map<Route, BucketLimits> limits = new EnumMap<>(Route.class);
  private final Map<BucketKey, OpenItems> open = new HashMap<>();
  private final Map<Route, Set<OpenItems>> oldestFirst = new EnumMap<>(Route.class);

  OpenBuckets(BucketLimits byUser, BucketLimits byDomain) {
    limits.put(Route.BY_USER, byUser);
    limits.put(Route.BY_DOMAIN, byDomain);
    ROUTES.forEach(route -> oldestFirst.put(route, new LinkedHashSet<>()));
  }

  @Nullable OpenItems find(BucketKey key) {
    return open.get(key);
  }

  void put(OpenItems items) {
    open.put(items.key(), items);
  }

  /** Adds an item to the buckets of the routes that it concerns. */
  void add(OpenItems items, Item item, long now) {
    items.add(item, now);
    for (Route route : ROUTES) {
      if (items.isOpen(item, route)) {
        oldestFirst.get(route).add(items);
      }
    }
  }

  /** Whether an item of this size belongs into the route's next bucket. */
  boolean overflows(OpenItems items, Route route, long bytes) {
    OpenBucket bucket = items.on(route);
    return !bucket.isEmpty() && bucket.bytes() + bytes > limits.get(route).maxBytes();
  }

  /** Why the route's bucket must be closed now; null: it stays open. */
  @Nullable Cause full(OpenItems items, Route route) {
    OpenBucket bucket = items.on(route);
    if (bucket.comparisons() >= limits.get(route).maxComparisons()) {
      return Cause.COMPARISONS;
    }
    return bucket.bytes() >= limits.get(route).maxBytes() ? Cause.BYTES : null;
  }

  /** The oldest bucket, if it has been open for the greatest age or longer. */
  @Nullable OpenItems nextExpired(Route route, long now) {
    Iterator<OpenItems> oldest = oldestFirst.get(route).iterator();
    OpenItems items = oldest.hasNext() ? oldest.next() : null;
    return items != null
            && now - items.on(route).openedAt() >= limits.get(route).maxAge().toMillis()
        ? items
        : null;
  }

  /** Ends a route's bucket; gives the items that no route has open any more. */
  List<Item> close(OpenItems items, Route route) {
    List<Item> done = items.close(route);
    oldestFirst.get(route).remove(items);
    return done;
  }

  /** Forgets whose items are all closed. */
  void forgetIfEmpty(OpenItems items) {
    if (items.isEmpty()) {
      open.remove(items.key());
    }
  }

  /** Forgets all of a user's buckets. */
  void erase(String userId) {
    Collection<OpenItems> all = open.values();
    List<OpenItems> theirs =
        all.stream().filter(items -> items.key().userId().equals(userId)).toList();
    all.removeAll(theirs);
    oldestFirst.values().forEach(routes -> theirs.forEach(routes::remove));
  }

  /** Forgets all. */
  void clear() {
    open.clear();
    oldestFirst.values().forEach(Set::clear);
  }
}
