package dev.attune.ingest;

import dev.attune.schemas.events.Route;

/** Whose buckets: one user's in one domain, on one route. */
record BucketKey(Route route, String userId, String domain) {
  /** Neither user ids nor domains can hold it: the validator sees to that. */
  private static final char SEPARATOR = '\0';

  private static final int INDEX_DIGITS = 8;

  /** In the store of sequence numbers. */
  String text() {
    return "" + route.ordinal() + userId + SEPARATOR + domain;
  }

  /** In the store of items; in the order of the index for one bucket. */
  String item(int index) {
    return text() + SEPARATOR + String.format("%0" + INDEX_DIGITS + "x", index);
  }

  /** The bucket's key, of an item's key. */
  static BucketKey ofItem(String itemKey) {
    int first = itemKey.indexOf(SEPARATOR);
    int last = itemKey.lastIndexOf(SEPARATOR);
    return new BucketKey(
        Route.values()[itemKey.charAt(0) - '0'],
        itemKey.substring(1, first),
        itemKey.substring(first + 1, last));
  }
}
