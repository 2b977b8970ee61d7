package dev.attune.ingest.bucket;

import dev.attune.schemas.events.Route;
import java.util.List;

/** Whose buckets: one user's in one domain, on one route. */
public record BucketKey(Route route, String userId, String domain) {
  /** Neither user ids nor domains can hold it: the validator sees to that. */
  private static final String SEPARATOR = "\0";

  /** In the store of sequence numbers. */
  String text() {
    return String.join(SEPARATOR, route.name(), userId, domain);
  }

  /** In the store of items. */
  String item(int index) {
    return text() + SEPARATOR + index;
  }

  /** The bucket's key, of an item's key. */
  static BucketKey ofItem(String itemKey) {
    List<String> parts = List.of(itemKey.split(SEPARATOR, -1));
    return new BucketKey(Route.valueOf(parts.get(0)), parts.get(1), parts.get(2));
  }
}
