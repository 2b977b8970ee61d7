package dev.attune.bench.ingest;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Waits for what another thread or process does. */
final class Waiting {
  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

  private Waiting() {}

  /**
   * Returns when a condition holds.
   *
   * @param problem what to say where it does not in time
   * @throws IllegalStateException if so
   */
  static void until(long seconds, String problem, BooleanSupplier condition) {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - end > 0 || Thread.currentThread().isInterrupted()) {
        throw new IllegalStateException(problem + " within " + seconds + " s");
      }
      LockSupport.parkNanos(PAUSE_NANOS);
    }
  }
}
