package dev.attune.ingest;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.attune.ingest.bucket.BucketKey;
import dev.attune.ingest.topology.StateStores;
import java.util.Arrays;
import java.util.List;

/**
 * Whose the records of ingest's changelogs are, for who looks whether a user has been erased: the
 * stores keep no other index of their users.
 */
public final class ChangelogKeys {
  /** The stores that have something of users. */
  public static final List<String> STORES =
      List.of(
          StateStores.SEEN,
          StateStores.ACTIVITY,
          StateStores.ITEMS,
          StateStores.PROGRESS,
          StateStores.SERVED);

  private ChangelogKeys() {}

  /** The topic of a store. */
  public static String topic(String applicationId, String store) {
    return applicationId + "-" + store + "-changelog";
  }

  /**
   * Whether a record is of a user.
   *
   * @param store one of {@link #STORES}
   * @param key of the record in the store's changelog
   */
  public static boolean ofUser(String store, byte[] key, String userId) {
    return switch (store) {
      case StateStores.ACTIVITY -> Arrays.equals(key, userId.getBytes(UTF_8));
      // The user id, NUL, the event's or request's id, and what Kafka Streams appends.
      case StateStores.SEEN, StateStores.SERVED -> startsWith(key, (userId + '\0').getBytes(UTF_8));
      case StateStores.ITEMS, StateStores.PROGRESS ->
          startsWith(key, BucketKey.userPrefix(userId).get());
      default -> throw new IllegalArgumentException("no store of users: " + store);
    };
  }

  private static boolean startsWith(byte[] key, byte[] prefix) {
    return key.length >= prefix.length
        && Arrays.equals(key, 0, prefix.length, prefix, 0, prefix.length);
  }
}
