package dev.attune.model.engine;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/**
 * Knows when scripts run. The engine's native library takes itself apart while the process ends; a
 * script that still runs then crashes the JVM. Who ends a process in the middle of work calls
 * {@link #end} first. Does not start the engine.
 */
public final class NativeCalls {
  private static final ReadWriteLock RUNNING = new ReentrantReadWriteLock();

  private NativeCalls() {}

  /** Held by each call of a script while it runs. */
  static Lock running() {
    return RUNNING.readLock();
  }

  /**
   * Waits until no script runs, and lets none start again: a thread that calls one waits until the
   * process has ended. To be called last in a shutdown hook, after what still needs scripts.
   *
   * @return whether none runs; false means that one took longer than {@code limit}
   */
  public static boolean end(Duration limit) {
    try {
      return RUNNING.writeLock().tryLock(limit.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
