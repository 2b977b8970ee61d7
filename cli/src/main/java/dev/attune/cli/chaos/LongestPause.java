package dev.attune.cli.chaos;

import java.time.Duration;

/** The longest time between two results, as their reader saw it. Not thread-safe. */
final class LongestPause {
  private long lastAt = System.nanoTime();
  private long longest;

  /** Pauses count from now on. */
  void begin() {
    lastAt = System.nanoTime();
    longest = 0;
  }

  /** A result has come. */
  void end() {
    long now = System.nanoTime();
    longest = Math.max(longest, now - lastAt);
    lastAt = now;
  }

  Duration longest() {
    return Duration.ofNanos(longest);
  }
}
