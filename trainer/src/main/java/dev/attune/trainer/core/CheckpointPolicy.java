package dev.attune.trainer.core;

import java.time.Duration;

/**
 * When a checkpoint is made. Only when it is published depends on the clock, never what is learned.
 *
 * @param buckets after so many buckets, at least 1
 * @param steps after so many optimiser steps, at least 1
 * @param interval after so long since the first uncommitted bucket, at least 1 ms
 */
public record CheckpointPolicy(int buckets, int steps, Duration interval) {
  public CheckpointPolicy {
    if (buckets < 1) {
      throw new IllegalArgumentException("buckets = " + buckets + ": at least 1");
    }
    if (steps < 1) {
      throw new IllegalArgumentException("steps = " + steps + ": at least 1");
    }
    if (interval.toMillis() < 1) {
      throw new IllegalArgumentException("interval = " + interval + ": at least 1 ms");
    }
  }

  /** What has gathered since the last committed checkpoint. Not thread-safe. */
  public final class Progress {
    private long uncommittedBuckets;
    private long uncommittedSteps;
    private long firstNanos;

    public void add(long stepsTaken, long nowNanos) {
      if (uncommittedBuckets == 0) {
        firstNanos = nowNanos;
      }
      uncommittedBuckets++;
      uncommittedSteps += stepsTaken;
    }

    public void committed() {
      uncommittedBuckets = 0;
      uncommittedSteps = 0;
    }

    public boolean due(long nowNanos) {
      return uncommittedBuckets > 0
          && (uncommittedBuckets >= buckets
              || uncommittedSteps >= steps
              || nowNanos - firstNanos >= interval.toNanos());
    }
  }
}
