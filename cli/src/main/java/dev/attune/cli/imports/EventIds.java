package dev.attune.cli.imports;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** Event ids made from what the event says, so that importing a file again repeats its ids. */
final class EventIds {
  private static final int BYTES = 12;

  private EventIds() {}

  /**
   * An id of a data set's row.
   *
   * @param set readable prefix, such as the format's name
   * @param parts what makes the row what it is, its place in the file included
   */
  static String of(String set, Object... parts) {
    MessageDigest digest;
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
    for (Object part : parts) {
      byte[] bytes = part.toString().getBytes(StandardCharsets.UTF_8);
      digest.update((bytes.length + ":").getBytes(StandardCharsets.US_ASCII));
      digest.update(bytes);
    }
    return set + "-" + HexFormat.of().formatHex(digest.digest(), 0, BYTES);
  }
}
