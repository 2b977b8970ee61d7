package dev.attune.scorer.kafka;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Waits longer with each failure in a row, and not at all once it is stopped. */
final class Backoff {
  private static final Duration FIRST = Duration.ofMillis(100);
  private static final Duration LONGEST = Duration.ofSeconds(5);

  private final CountDownLatch stopped = new CountDownLatch(1);
  private int failures;

  /** Waits after a failure. Called by the thread that failed. */
  void await() {
    long millis = Math.min(LONGEST.toMillis(), FIRST.toMillis() << Math.min(failures, 16));
    failures++;
    try {
      // Whether time or the stop ended it is seen by stopped().
      boolean ignored = stopped.await(millis, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      stop();
    }
  }

  /** It went well: the next failure is the first. */
  void reset() {
    failures = 0;
  }

  void stop() {
    stopped.countDown();
  }

  boolean stopped() {
    return stopped.getCount() == 0;
  }
}
