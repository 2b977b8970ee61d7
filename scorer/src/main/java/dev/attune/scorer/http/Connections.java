package dev.attune.scorer.http;

import dev.attune.scorer.metrics.DoorMetrics;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Knows of each connection whose turn it is, so that clients that are slow, broken or gone cannot
 * take the place of those that are not.
 *
 * <p>A connection owes us something (a whole request, or the reading of its answer), or is idle
 * between two requests, or waits for us. The first two have time limits, however busily a client
 * sends single bytes. Beyond the largest number of connections the one that has owed us longest is
 * closed, then the one that has been idle longest; one that waits for us never is. So a new client
 * finds a place among any number of slow ones. Thread-safe.
 *
 * @param <C> a connection, equal to no other
 */
final class Connections<C> {
  private enum Turn {
    /** The client has opened it, or begun a request, and that is not here as a whole. */
    SENDING,
    /** We answer. */
    OURS,
    /** The client is to read what we write. */
    READING,
    /** The client may begin another request. */
    IDLE
  }

  private final int limit;
  private final long owedNanos;
  private final long idleNanos;
  private final LongSupplier clock;
  private final Consumer<C> closer;
  private final DoorMetrics metrics;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition left = lock.newCondition();
  private final Map<C, Turn> turns = new HashMap<>();

  /** Since when, the longest first. */
  private final Map<C, Long> owing = new LinkedHashMap<>();

  private final Map<C, Long> idle = new LinkedHashMap<>();
  private boolean draining;

  /**
   * @param limit of connections at one time
   * @param owed how long a client may take to send a request, or to read an answer
   * @param idle how long a connection may be idle
   * @param clock in nanoseconds
   * @param closer closes a connection at once
   */
  Connections(
      int limit,
      Duration owed,
      Duration idle,
      LongSupplier clock,
      Consumer<C> closer,
      DoorMetrics metrics) {
    this.limit = limit;
    this.owedNanos = owed.toNanos();
    this.idleNanos = idle.toNanos();
    this.clock = clock;
    this.closer = closer;
    this.metrics = metrics;
  }

  void opened(C connection) {
    C shed = null;
    boolean taken;
    lock.lock();
    try {
      if (turns.size() >= limit && !draining) {
        shed = longest();
        if (shed != null) {
          forget(shed);
        }
      }
      taken = turns.size() < limit && !draining;
      if (taken) {
        take(connection, Turn.SENDING);
      }
    } finally {
      lock.unlock();
    }
    if (shed != null) {
      close(shed, "limit");
    }
    if (!taken) {
      close(connection, draining() ? "stopping" : "limit");
    }
  }

  void closed(C connection) {
    lock.lock();
    try {
      forget(connection);
    } finally {
      lock.unlock();
    }
  }

  /** A request's header is here; one that was idle has a time of its own for it. */
  void begun(C connection) {
    move(connection, Turn.IDLE, Turn.SENDING);
  }

  /** The request is here as a whole. */
  void received(C connection) {
    move(connection, Turn.SENDING, Turn.OURS);
  }

  /** An answer is being written, at times before its request is here as a whole. */
  void answering(C connection) {
    move(connection, Turn.SENDING, Turn.READING);
    move(connection, Turn.OURS, Turn.READING);
  }

  /** The answer is out. */
  void answered(C connection) {
    boolean close;
    lock.lock();
    try {
      close = draining;
      if (turns.containsKey(connection)) {
        take(connection, Turn.IDLE);
      }
    } finally {
      lock.unlock();
    }
    if (close) {
      closer.accept(connection);
    }
  }

  /** How many there are. */
  int count() {
    lock.lock();
    try {
      return turns.size();
    } finally {
      lock.unlock();
    }
  }

  /** Closes those whose time is over; to be called again and again. */
  void sweep() {
    List<C> late = new ArrayList<>();
    lock.lock();
    try {
      long now = clock.getAsLong();
      collectLate(owing, now - owedNanos, late);
      collectLate(idle, now - idleNanos, late);
      late.forEach(this::forget);
    } finally {
      lock.unlock();
    }
    late.forEach(connection -> close(connection, "timeout"));
  }

  /** Whether connections are closed as soon as they are answered. */
  boolean draining() {
    lock.lock();
    try {
      return draining;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Closes connections without a whole request, and waits for the others to be answered.
   *
   * @return whether all have ended in time
   */
  boolean drain(Duration longest) throws InterruptedException {
    List<C> waiting = new ArrayList<>();
    lock.lock();
    try {
      draining = true;
      turns.forEach(
          (connection, turn) -> {
            if (turn == Turn.SENDING || turn == Turn.IDLE) {
              waiting.add(connection);
            }
          });
    } finally {
      lock.unlock();
    }
    waiting.forEach(closer);
    lock.lock();
    try {
      long remaining = longest.toNanos();
      while (!turns.isEmpty() && remaining > 0) {
        remaining = left.awaitNanos(remaining);
      }
      return turns.isEmpty();
    } finally {
      lock.unlock();
    }
  }

  private void move(C connection, Turn from, Turn to) {
    lock.lock();
    try {
      if (turns.get(connection) == from) {
        take(connection, to);
      }
    } finally {
      lock.unlock();
    }
  }

  private void take(C connection, Turn turn) {
    forget(connection);
    turns.put(connection, turn);
    switch (turn) {
      case SENDING, READING -> owing.put(connection, clock.getAsLong());
      case IDLE -> idle.put(connection, clock.getAsLong());
      case OURS -> {}
    }
  }

  private void forget(C connection) {
    turns.remove(connection);
    owing.remove(connection);
    idle.remove(connection);
    if (turns.isEmpty()) {
      left.signalAll();
    }
  }

  private @Nullable C longest() {
    Map<C, Long> from = owing.isEmpty() ? idle : owing;
    return from.isEmpty() ? null : from.keySet().iterator().next();
  }

  private static <C> void collectLate(Map<C, Long> since, long latest, List<C> late) {
    Iterator<Map.Entry<C, Long>> entries = since.entrySet().iterator();
    while (entries.hasNext()) {
      Map.Entry<C, Long> entry = entries.next();
      if (entry.getValue() - latest > 0) {
        return;
      }
      late.add(entry.getKey());
    }
  }

  private void close(C connection, String reason) {
    metrics.connectionClosed(reason);
    closer.accept(connection);
  }
}
