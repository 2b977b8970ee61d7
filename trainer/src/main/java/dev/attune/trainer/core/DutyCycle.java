package dev.attune.trainer.core;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Keeps long work to a share of the time, so that what others wait for comes first on a machine
 * with few cores: after each piece of work it rests in proportion. To be used by one thread.
 */
public final class DutyCycle {
  private final double share;
  private final Rest rest;
  private final LongSupplier nanos;
  private long workingSince;

  /** Waits for so many nanoseconds, or for less. */
  interface Rest {
    void nanos(long most) throws InterruptedException;
  }

  /**
   * Begins to work now.
   *
   * @param share of the time that work takes, in (0, 1]
   * @param stop ends a rest
   */
  public DutyCycle(double share, CountDownLatch stop) {
    this(share, most -> stop.await(most, TimeUnit.NANOSECONDS), System::nanoTime);
  }

  DutyCycle(double share, Rest rest, LongSupplier nanos) {
    if (!(share > 0 && share <= 1)) {
      throw new IllegalArgumentException("share is " + share + "; allowed is above 0, up to 1");
    }
    this.share = share;
    this.rest = rest;
    this.nanos = nanos;
    this.workingSince = nanos.getAsLong();
  }

  /** Rests from the work since the last rest; returns at once where the thread is interrupted. */
  public void rest() {
    long worked = nanos.getAsLong() - workingSince;
    if (share < 1) {
      try {
        rest.nanos((long) (worked * (1 - share) / share));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
    workingSince = nanos.getAsLong();
  }
}
