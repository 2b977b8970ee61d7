package dev.attune.interop;

import java.io.IOException;
import java.io.UncheckedIOException;

/**
 * Runs another main class until its standard input ends. A process started so does not outlive the
 * one that started it, however that one ends.
 */
final class Tethered {
  private Tethered() {}

  /** Takes the name of the main class, which gets no arguments. */
  public static void main(String[] args) throws ReflectiveOperationException {
    Thread tether = new Thread(Tethered::endWithInput, "tether");
    tether.setDaemon(true);
    tether.start();
    Class.forName(args[0]).getMethod("main", String[].class).invoke(null, (Object) new String[0]);
  }

  private static void endWithInput() {
    try {
      while (System.in.read() >= 0) {
        // Whatever comes is of no interest, only that the pipe is open.
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      Runtime.getRuntime().halt(1);
    }
  }
}
