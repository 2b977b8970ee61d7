package dev.attune.trainer.users;

import dev.attune.schemas.events.Turn;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The features of the replies that were read last, by the sha-256 of prompt and reply: the texts
 * themselves are not kept. Features are the frozen base's, so they stay valid from epoch to epoch.
 * One thread at a time.
 */
final class FeatureCache {
  private final int capacity;
  private final Map<Key, float[]> features = new LinkedHashMap<>(16, 0.75f, true);

  /** The hash of a prompt and a reply. */
  record Key(ByteBuffer sha256) {
    static Key of(List<Turn> prompt, String reply) {
      MessageDigest digest = sha256Digest();
      for (Turn turn : prompt) {
        add(digest, turn.getRole());
        add(digest, turn.getText());
      }
      add(digest, reply);
      return new Key(ByteBuffer.wrap(digest.digest()));
    }

    /** The length before the bytes: no two lists of texts give the same input. */
    private static void add(MessageDigest digest, String text) {
      byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
      digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(0, bytes.length));
      digest.update(bytes);
    }

    private static MessageDigest sha256Digest() {
      try {
        return MessageDigest.getInstance("SHA-256");
      } catch (NoSuchAlgorithmException e) {
        throw new AssertionError("every Java platform has SHA-256", e);
      }
    }
  }

  /**
   * @param capacity how many replies are kept, 0 or more
   */
  FeatureCache(int capacity) {
    this.capacity = capacity;
  }

  float @Nullable [] get(Key key) {
    return features.get(key);
  }

  void put(Key key, float[] values) {
    features.put(key, values);
    Iterator<float[]> oldest = features.values().iterator();
    while (features.size() > capacity) {
      oldest.next();
      oldest.remove();
    }
  }

  void clear() {
    features.clear();
  }
}
