package dev.attune.cli.users;

import java.util.Arrays;

/** Looks for bytes within bytes, of whatever format. */
final class ByteSearch {
  private ByteSearch() {}

  /** Whether {@code part} stands anywhere in {@code whole}. */
  static boolean contains(byte[] whole, byte[] part) {
    for (int at = 0; at + part.length <= whole.length; at++) {
      if (whole[at] == part[0]
          && Arrays.equals(whole, at, at + part.length, part, 0, part.length)) {
        return true;
      }
    }
    return false;
  }
}
