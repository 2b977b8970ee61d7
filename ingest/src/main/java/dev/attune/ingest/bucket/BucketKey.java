package dev.attune.ingest.bucket;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import org.apache.kafka.common.utils.Bytes;

/**
 * Whose buckets: one user's in one domain.
 *
 * <p>In the stores it is a fixed-width prefix: 16 bytes of the SHA-256 of the user id, then 16 of
 * the domain's. So all of a user's records are one range, all items of one bucket are a range
 * within it, and no id can reach into another's. In the store of items, an item's index follows (8
 * bytes, big-endian).
 */
public record BucketKey(String userId, String domain) {
  private static final int HASH_BYTES = 16;
  private static final int PREFIX_BYTES = 2 * HASH_BYTES;

  byte[] prefix() {
    return ByteBuffer.allocate(PREFIX_BYTES).put(hash(userId)).put(hash(domain)).array();
  }

  /**
   * What the keys of all of a user's records begin with, in the stores of items and of progress.
   */
  public static Bytes userPrefix(String userId) {
    return Bytes.wrap(hash(userId));
  }

  static Bytes item(byte[] prefix, long index) {
    return Bytes.wrap(
        ByteBuffer.allocate(PREFIX_BYTES + Long.BYTES).put(prefix).putLong(index).array());
  }

  static long indexOf(Bytes itemKey) {
    return ByteBuffer.wrap(itemKey.get()).getLong(PREFIX_BYTES);
  }

  private static byte[] hash(String text) {
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(UTF_8));
      return Arrays.copyOf(digest, HASH_BYTES);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
