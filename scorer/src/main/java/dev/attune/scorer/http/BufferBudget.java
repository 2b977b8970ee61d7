package dev.attune.scorer.http;

import java.util.concurrent.atomic.AtomicLong;

/** Counts the bytes of bodies and answers that are held, against a limit. Thread-safe. */
final class BufferBudget {
  private final long limit;
  private final AtomicLong held = new AtomicLong();

  BufferBudget(long limit) {
    this.limit = limit;
  }

  /** Whether so many bytes more may be held; where they may, they count. */
  boolean tryHold(int bytes) {
    if (held.addAndGet(bytes) <= limit) {
      return true;
    }
    held.addAndGet(-bytes);
    return false;
  }

  /** Counts an answer: it is there already, so that bodies have to make room. */
  void hold(int bytes) {
    held.addAndGet(bytes);
  }

  void release(long bytes) {
    held.addAndGet(-bytes);
  }

  long held() {
    return held.get();
  }
}
