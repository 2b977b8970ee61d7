package dev.attune.trainer.gate;

import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;

/** Reads what {@link StateWriter} wrote. */
final class StateReader {
  private StateReader() {}

  /** Reads the fields after the magic number. */
  interface Fields<T> {
    T read(DataInputStream in) throws IOException;
  }

  /**
   * Reads a state to its end.
   *
   * @throws IllegalArgumentException if the bytes begin with another number, end too early or late
   */
  static <T> T read(String what, int magic, byte[] bytes, Fields<T> fields) {
    try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes))) {
      int found = in.readInt();
      if (found != magic) {
        throw new IllegalArgumentException(
            "the bytes are not the state of %s: they begin with %08x, not %08x"
                .formatted(what, found, magic));
      }
      T value = fields.read(in);
      if (in.read() >= 0) {
        throw new IllegalArgumentException("the state of " + what + " has bytes beyond its end");
      }
      return value;
    } catch (IOException e) {
      throw new IllegalArgumentException("the state of " + what + " is cut off", e);
    }
  }

  static byte[] bytes(DataInputStream in) throws IOException {
    byte[] bytes = new byte[in.readInt()];
    in.readFully(bytes);
    return bytes;
  }

  static void doubles(DataInputStream in, double[] into) throws IOException {
    for (int i = 0; i < into.length; i++) {
      into[i] = in.readDouble();
    }
  }
}
