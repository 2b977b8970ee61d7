package dev.attune.cli.chaos;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.util.Arrays;

/**
 * Runs another class's {@code main} in a process that ends when its parent does, however that ends:
 * the parent holds the other end of the standard input and never writes to it.
 */
final class TiedMain {
  private TiedMain() {}

  /**
   * Does not return before the other {@code main} does.
   *
   * @param arguments the class's name, and what its {@code main} takes
   */
  public static void main(String[] arguments) throws ReflectiveOperationException {
    Thread watch = new Thread(TiedMain::endWithTheParent, "parent-watch");
    watch.setDaemon(true);
    watch.start();
    Object rest = Arrays.copyOfRange(arguments, 1, arguments.length);
    try {
      Class.forName(arguments[0]).getMethod("main", String[].class).invoke(null, rest);
    } catch (InvocationTargetException e) {
      e.getCause().printStackTrace();
      Runtime.getRuntime().halt(1);
    }
  }

  private static void endWithTheParent() {
    try {
      while (System.in.read() >= 0) {
        // Nobody writes; only the end is of interest.
      }
    } catch (IOException e) {
      // Means the same.
    }
    Runtime.getRuntime().halt(1);
  }
}
