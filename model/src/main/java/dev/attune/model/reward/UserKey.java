package dev.attune.model.reward;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * A user as a number: the first 64 bits of the SHA-256 of the id. States of models hold it in place
 * of the id. Who knows an id finds its key, so it is personal data all the same.
 */
public final class UserKey {
  /** Nobody in particular. */
  public static final long NONE = 0;

  private UserKey() {}

  /** Returns the key of a user's id; never {@link #NONE}. */
  public static long of(String userId) {
    try {
      MessageDigest sha = MessageDigest.getInstance("SHA-256");
      long key = ByteBuffer.wrap(sha.digest(userId.getBytes(StandardCharsets.UTF_8))).getLong();
      return key == NONE ? 1 : key;
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
