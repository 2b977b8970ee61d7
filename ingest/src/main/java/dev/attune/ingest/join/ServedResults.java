package dev.attune.ingest.join;

import dev.attune.ingest.event.RecordDecoder;
import dev.attune.ingest.event.RejectedEventException;
import dev.attune.schemas.events.Position;
import dev.attune.schemas.events.ScoreResult;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.streams.kstream.Windowed;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.WindowStore;
import org.apache.kafka.streams.state.WindowStoreIterator;

/** The results that wait for their events, by user and request. One task's; not thread-safe. */
final class ServedResults {
  /** No user id holds it: the validator sees to that. */
  private static final char SEPARATOR = '\0';

  private static final Headers NO_HEADERS = new RecordHeaders();

  private final WindowStore<String, byte[]> store;
  private final RecordDecoder<ScoreResult> decoder;
  private final long windowMillis;

  ServedResults(
      WindowStore<String, byte[]> store, RecordDecoder<ScoreResult> decoder, long windowMillis) {
    this.store = store;
    this.decoder = decoder;
    this.windowMillis = windowMillis;
  }

  static String key(String userId, String requestId) {
    return userId + SEPARATOR + requestId;
  }

  /**
   * The latest result of the user's request that is not older than the window. Of several answers
   * to one record of attune.prompts it is the first, which is what the user was shown: a later one
   * may know what they then did.
   */
  Optional<ScoreResult> find(String userId, String requestId, long at) {
    Set<Position> answered = new HashSet<>();
    Optional<ScoreResult> latest = Optional.empty();
    // Also a little later: two topics' brokers may have clocks that differ.
    try (WindowStoreIterator<byte[]> found =
        store.fetch(key(userId, requestId), Math.max(0, at - windowMillis), at + windowMillis)) {
      while (found.hasNext()) {
        Optional<ScoreResult> next =
            read(found.next().value, userId)
                .filter(result -> result.getSource() == null || answered.add(result.getSource()));
        latest = next.isPresent() ? next : latest;
      }
    }
    return latest;
  }

  /** Forgets all results of the user. */
  void erase(String userId) {
    List<Windowed<String>> keys = new ArrayList<>();
    try (KeyValueIterator<Windowed<String>, byte[]> all =
        store.fetch(userId + SEPARATOR, userId + (char) (SEPARATOR + 1), 0, Long.MAX_VALUE)) {
      all.forEachRemaining(next -> keys.add(next.key));
    }
    keys.forEach(key -> store.put(key.key(), null, key.window().start()));
  }

  private Optional<ScoreResult> read(byte[] bytes, String userId) {
    try {
      ScoreResult result = decoder.decode(NO_HEADERS, bytes);
      return Optional.of(result).filter(one -> one.getUserId().equals(userId));
    } catch (RejectedEventException e) {
      // Its beginning could be read, or it would not be here.
      return Optional.empty();
    }
  }
}
