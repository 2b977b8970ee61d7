package dev.attune.ingest.bucket;

import dev.attune.schemas.events.PreferenceBucket;
import dev.attune.schemas.events.Route;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One user's items in one domain that are open on a route, in their order, and what the open bucket
 * of each route holds of them. Not thread-safe.
 */
final class OpenItems {
  private final BucketKey key;
  private final byte[] prefix;
  private final List<Item> items = new ArrayList<>();
  private final OpenBucket byUser;
  private final OpenBucket byDomain;
  private long nextIndex;

  /** An open bucket's sums. */
  static final class OpenBucket {
    private long sequence;
    private long closed;
    private int items;
    private int comparisons;
    private long bytes;
    private long openedAt;

    private OpenBucket(long sequence, long closed) {
      this.sequence = sequence;
      this.closed = closed;
    }

    long sequence() {
      return sequence;
    }

    boolean isEmpty() {
      return items == 0;
    }

    int comparisons() {
      return comparisons;
    }

    long bytes() {
      return bytes;
    }

    long openedAt() {
      return openedAt;
    }

    private void change(int moreComparisons, int moreBytes) {
      comparisons += moreComparisons;
      bytes += moreBytes;
    }
  }

  OpenItems(BucketKey key, byte[] prefix, Progress progress) {
    this.key = key;
    this.prefix = prefix;
    this.byUser = new OpenBucket(progress.byUserSequence(), progress.byUserClosed());
    this.byDomain = new OpenBucket(progress.byDomainSequence(), progress.byDomainClosed());
    // An item leaves only when a route has closed it, so no index is given twice.
    this.nextIndex = Math.max(progress.byUserClosed(), progress.byDomainClosed());
  }

  BucketKey key() {
    return key;
  }

  byte[] prefix() {
    return prefix;
  }

  OpenBucket on(Route route) {
    return route == Route.BY_USER ? byUser : byDomain;
  }

  Progress progress() {
    return new Progress(byUser.sequence, byUser.closed, byDomain.sequence, byDomain.closed);
  }

  boolean isEmpty() {
    return items.isEmpty();
  }

  long nextIndex() {
    return nextIndex;
  }

  /** Adds an item, which is open on each route that it concerns and that has not closed it. */
  void add(Item item, long now) {
    items.add(item);
    // A restored item may be older than one that is gone already.
    nextIndex = Math.max(nextIndex, item.index() + 1);
    for (Route route : OpenBuckets.ROUTES) {
      if (isOpen(item, route)) {
        OpenBucket bucket = on(route);
        if (bucket.items++ == 0) {
          bucket.openedAt = now;
        }
        bucket.change(item.comparisons(), item.size());
      }
    }
  }

  boolean isOpen(Item item, Route route) {
    return item.concerns(route) && item.index() >= on(route).closed;
  }

  /** The item that has the feedback of this event's record. */
  @Nullable Item find(String eventId, long offset) {
    for (int i = items.size() - 1; i >= 0; i--) {
      if (items.get(i).teaches(eventId, offset)) {
        return items.get(i);
      }
    }
    return null;
  }

  /** Gives an item another content. */
  void replace(Item item, PreferenceBucket content, int size) {
    int comparisons = item.comparisons();
    int bytes = item.size();
    item.replace(content, size);
    for (Route route : OpenBuckets.ROUTES) {
      if (isOpen(item, route)) {
        on(route).change(item.comparisons() - comparisons, item.size() - bytes);
      }
    }
  }

  /** The items of a route's open bucket. */
  List<Item> openOn(Route route) {
    List<Item> open = new ArrayList<>(on(route).items);
    for (Item item : items) {
      if (isOpen(item, route)) {
        open.add(item);
      }
    }
    return open;
  }

  /** Ends a route's bucket; gives the items that no route has open any more. */
  List<Item> close(Route route) {
    OpenBucket bucket = on(route);
    bucket.sequence++;
    bucket.closed = nextIndex;
    bucket.items = 0;
    bucket.comparisons = 0;
    bucket.bytes = 0;
    List<Item> done = new ArrayList<>(items.size());
    List<Item> kept = new ArrayList<>();
    for (Item item : items) {
      (isOpen(item, Route.BY_USER) || isOpen(item, Route.BY_DOMAIN) ? kept : done).add(item);
    }
    items.clear();
    items.addAll(kept);
    return done;
  }
}
