package dev.attune.cli.demo;

import dev.attune.schemas.events.UserEmbedding;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/**
 * How long an event takes to its user's published state: from its append to the arrival of the
 * first state that includes its position. Of events that teach nothing new (duplicates, rejected
 * ones) the next state of their user says nothing, so they are not told. Thread-safe.
 */
final class UserFreshness {
  private final Map<String, Waiting> users = new HashMap<>();
  private final Histogram millis = new Histogram(TimeUnit.MINUTES.toMillis(10), 3);

  /** A user's events that no state includes yet, and the newest state that came. */
  private static final class Waiting {
    final Deque<Appended> events = new ArrayDeque<>();
    long included = -1;
    long arrived;
  }

  private record Appended(long offset, long millis) {}

  /**
   * An event lies in the log. May come after the state that includes it.
   *
   * @param appended the time of its append, in epoch milliseconds
   */
  synchronized void appended(String user, long offset, long appended) {
    Waiting waiting = users.computeIfAbsent(user, name -> new Waiting());
    if (offset <= waiting.included) {
      record(waiting.arrived - appended);
    } else {
      waiting.events.add(new Appended(offset, appended));
    }
  }

  /**
   * A state was read.
   *
   * @param now epoch milliseconds
   */
  synchronized void published(UserEmbedding state, long now) {
    if (state.getIncluded() == null) {
      return;
    }
    Waiting waiting = users.computeIfAbsent(state.getUserId(), name -> new Waiting());
    long included = state.getIncluded().getOffset();
    if (included > waiting.included) {
      waiting.included = included;
      waiting.arrived = now;
    }
    waiting.events.removeIf(
        event -> {
          boolean in = event.offset <= included;
          if (in) {
            record(now - event.millis);
          }
          return in;
        });
  }

  private void record(long elapsed) {
    millis.recordValue(Math.max(0, elapsed));
  }

  /** Users who have a state of their own. */
  synchronized long users() {
    return users.values().stream().filter(waiting -> waiting.included >= 0).count();
  }

  /** The times so far, in milliseconds. */
  synchronized Histogram millis() {
    return millis.copy();
  }
}
