package dev.attune.ingest.admission;

import dev.attune.ingest.event.UserEvent;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.kstream.Windowed;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.WindowStore;
import org.apache.kafka.streams.state.WindowStoreIterator;
import org.jspecify.annotations.Nullable;

/**
 * The events of the deduplication window, by user and event id. Each stands at the time of its
 * first record, whatever comes later, so that the window is not prolonged. One task's.
 */
final class SeenEvents {
  /** Neither user ids nor event ids can hold it: the validator sees to that. */
  private static final char SEPARATOR = '\0';

  private final WindowStore<String, SeenEvent> store;
  private final long windowMillis;

  /** A remembered event and the time of its first record. */
  record Found(SeenEvent event, long firstAt) {}

  SeenEvents(WindowStore<String, SeenEvent> store, long windowMillis) {
    this.store = store;
    this.windowMillis = windowMillis;
  }

  /** What is remembered of the event at the broker's time of its record. */
  @Nullable Found find(UserEvent event) {
    long appendedAt = event.source().appendedAt();
    // Also a little later: times are in order in a partition, but not between two of them.
    try (WindowStoreIterator<SeenEvent> found =
        store.fetch(
            key(event), Math.max(0, appendedAt - windowMillis), appendedAt + windowMillis)) {
      Found latest = null;
      while (found.hasNext()) {
        KeyValue<Long, SeenEvent> next = found.next();
        latest = new Found(next.value, next.key);
      }
      return latest;
    }
  }

  void put(UserEvent event, SeenEvent seen, long firstAt) {
    store.put(key(event), seen, firstAt);
  }

  /** Forgets all events of the user. */
  void erase(String userId) {
    List<Windowed<String>> keys = new ArrayList<>();
    try (KeyValueIterator<Windowed<String>, SeenEvent> all =
        store.fetch(userId + SEPARATOR, userId + (char) (SEPARATOR + 1), 0, Long.MAX_VALUE)) {
      all.forEachRemaining(next -> keys.add(next.key));
    }
    keys.forEach(key -> store.put(key.key(), null, key.window().start()));
  }

  private static String key(UserEvent event) {
    return event.userId() + SEPARATOR + event.eventId();
  }
}
