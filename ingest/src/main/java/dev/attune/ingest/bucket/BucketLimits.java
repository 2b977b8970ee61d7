package dev.attune.ingest.bucket;

import dev.attune.platform.ConfigException;
import java.time.Duration;

/**
 * When a bucket is closed: at whatever comes first.
 *
 * @param maxComparisons judgements count too; one event that has more fills a bucket alone
 * @param maxBytes of the events; one that is larger fills a bucket alone
 * @param maxAge by the wall clock, from the bucket's first event
 */
public record BucketLimits(int maxComparisons, long maxBytes, Duration maxAge) {
  public BucketLimits {
    if (maxComparisons < 1 || maxBytes < 1 || maxAge.toMillis() < 1) {
      throw new ConfigException("the limits of buckets must be positive");
    }
  }
}
