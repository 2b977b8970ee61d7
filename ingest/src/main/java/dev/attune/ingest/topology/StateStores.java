package dev.attune.ingest.topology;

import java.time.Duration;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;
import org.apache.kafka.streams.state.WindowStore;

/** The topology's stores: their names and how they are built. */
public final class StateStores {
  /** Events that passed, for as long as repeats are looked for. */
  public static final String SEEN = "seen-events";

  /** The items of open buckets. */
  public static final String ITEMS = "bucket-items";

  /** The next sequence number of each route, user and domain. */
  public static final String SEQUENCES = "bucket-sequences";

  /** What each user did lately, to find abuse. */
  public static final String ACTIVITY = "user-activity";

  /** Results that were served, by user and request, for as long as events are joined with them. */
  public static final String SERVED = "served-results";

  private StateStores() {}

  public static StoreBuilder<WindowStore<String, Integer>> seen(Duration window) {
    return Stores.windowStoreBuilder(
        Stores.persistentWindowStore(SEEN, window, window, false),
        Serdes.String(),
        Serdes.Integer());
  }

  /** Cached: what is put and deleted between two commits is not written to the changelog. */
  public static StoreBuilder<KeyValueStore<String, byte[]>> items() {
    return Stores.keyValueStoreBuilder(
            Stores.persistentKeyValueStore(ITEMS), Serdes.String(), Serdes.ByteArray())
        .withCachingEnabled();
  }

  public static StoreBuilder<KeyValueStore<String, Long>> sequences() {
    return Stores.keyValueStoreBuilder(
            Stores.persistentKeyValueStore(SEQUENCES), Serdes.String(), Serdes.Long())
        .withCachingEnabled();
  }

  /** Values are ScoreResults in the wire format of attune.rewards. */
  public static StoreBuilder<WindowStore<String, byte[]>> served(Duration window) {
    return Stores.windowStoreBuilder(
        Stores.persistentWindowStore(SERVED, window, window, false),
        Serdes.String(),
        Serdes.ByteArray());
  }
}
