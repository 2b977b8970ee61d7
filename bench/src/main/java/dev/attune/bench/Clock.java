package dev.attune.bench;

import java.lang.management.ManagementFactory;

/** What time is measured. */
public enum Clock {
  /** The time that passes. */
  WALL,
  /**
   * The time that the calling thread was given a processor for: for machines that others use at the
   * same time. Of use only where one thread does all the work.
   */
  CPU;

  /** Returns nanoseconds since some instant. */
  long nanos() {
    return this == WALL
        ? System.nanoTime()
        : ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
  }
}
