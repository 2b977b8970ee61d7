package dev.attune.ingest.bucket;

import dev.attune.ingest.metrics.IngestMeters;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What is in the open buckets of one route, without their items, oldest first: finding those that
 * are too old touches no other. Kept in memory; the items' store has what it takes to make it anew.
 * Not thread-safe.
 */
public final class OpenBuckets {
  private final Map<BucketKey, OpenBucket> open = new LinkedHashMap<>();
  private final BucketLimits limits;

  /** An open bucket's sums. */
  static final class OpenBucket {
    private final long openedAt;
    private int items;
    private int comparisons;
    private long bytes;

    private OpenBucket(long openedAt) {
      this.openedAt = openedAt;
    }

    int items() {
      return items;
    }
  }

  OpenBuckets(BucketLimits limits) {
    this.limits = limits;
  }

  /** Adds an item and gives its index in the bucket. */
  int add(BucketKey key, int comparisons, long bytes, long now) {
    OpenBucket bucket = open.computeIfAbsent(key, absent -> new OpenBucket(now));
    bucket.comparisons += comparisons;
    bucket.bytes += bytes;
    return bucket.items++;
  }

  /** Whether an item of this size belongs into the next bucket. */
  boolean overflows(BucketKey key, long bytes) {
    OpenBucket bucket = open.get(key);
    return bucket != null && bucket.bytes + bytes > limits.maxBytes();
  }

  /** Why the bucket must be closed now; null: it stays open. */
  IngestMeters.@Nullable Cause full(BucketKey key) {
    OpenBucket bucket = open.get(key);
    if (bucket == null) {
      return null;
    }
    if (bucket.comparisons >= limits.maxComparisons()) {
      return IngestMeters.Cause.COMPARISONS;
    }
    return bucket.bytes >= limits.maxBytes() ? IngestMeters.Cause.BYTES : null;
  }

  /** The buckets that have been open for the greatest age or longer. */
  List<BucketKey> expired(long now) {
    List<BucketKey> expired = new ArrayList<>();
    Iterator<Map.Entry<BucketKey, OpenBucket>> oldestFirst = open.entrySet().iterator();
    while (oldestFirst.hasNext()) {
      Map.Entry<BucketKey, OpenBucket> next = oldestFirst.next();
      if (now - next.getValue().openedAt < limits.maxAge().toMillis()) {
        break;
      }
      expired.add(next.getKey());
    }
    return expired;
  }

  /** Forgets all buckets. */
  void clear() {
    open.clear();
  }

  /** Forgets the bucket and gives its sums. */
  OpenBucket remove(BucketKey key) {
    return open.remove(key);
  }
}
