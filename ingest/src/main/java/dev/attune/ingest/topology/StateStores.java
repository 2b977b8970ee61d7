package dev.attune.ingest.topology;

import java.time.Duration;
import java.util.Map;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.state.KeyValueBytesStoreSupplier;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;
import org.apache.kafka.streams.state.WindowBytesStoreSupplier;
import org.apache.kafka.streams.state.WindowStore;

/** The topology's stores: their names, how they are built, and where their bytes lie. */
public final class StateStores {
  /** Events that count, for as long as repeats and corrections are looked for. */
  public static final String SEEN = "seen-events";

  /** The items of open buckets. */
  public static final String ITEMS = "bucket-items";

  /** How far each user's buckets of a domain have come, on both routes. */
  public static final String PROGRESS = "bucket-progress";

  /** What each user did lately, to find abuse. */
  public static final String ACTIVITY = "user-activity";

  /** Results that were served, by user and request, for as long as events are joined with them. */
  public static final String SERVED = "served-results";

  /**
   * Kept longer than looked for: a correction is written at the time of its event's first record,
   * while two source partitions may differ by what is on its way. So a store's own time never
   * passes a time that is still written.
   */
  private static final Duration SLACK = Duration.ofMinutes(10);

  /**
   * Of changelogs whose records are soon replaced or deleted. Only closed segments are compacted,
   * and with Kafka's defaults (1 GiB, tombstones for a day) a restart would read gigabytes to find
   * the few items that are open. A restore must end within the time that tombstones are kept.
   */
  private static final Map<String, String> SHORT_CHANGELOG =
      Map.of(
          TopicConfig.SEGMENT_BYTES_CONFIG, Integer.toString(16 << 20),
          TopicConfig.DELETE_RETENTION_MS_CONFIG, Long.toString(Duration.ofHours(1).toMillis()));

  private final Suppliers suppliers;

  /** Where the bytes of the stores lie; a test may keep them over restarts. */
  public interface Suppliers {
    WindowBytesStoreSupplier window(String name, Duration retention, Duration window);

    KeyValueBytesStoreSupplier keyValue(String name);

    /** For little that lives shortly. */
    KeyValueBytesStoreSupplier inMemory(String name);

    /** In RocksDB and on the heap. */
    static Suppliers persistent() {
      return new Suppliers() {
        @Override
        public WindowBytesStoreSupplier window(String name, Duration retention, Duration window) {
          return Stores.persistentWindowStore(name, retention, window, false);
        }

        @Override
        public KeyValueBytesStoreSupplier keyValue(String name) {
          return Stores.persistentKeyValueStore(name);
        }

        @Override
        public KeyValueBytesStoreSupplier inMemory(String name) {
          return Stores.inMemoryKeyValueStore(name);
        }
      };
    }
  }

  public StateStores(Suppliers suppliers) {
    this.suppliers = suppliers;
  }

  /** By user and event id, at the time of the event's first record. */
  public <V> StoreBuilder<WindowStore<String, V>> seen(Duration window, Serde<V> events) {
    return Stores.windowStoreBuilder(
        suppliers.window(SEEN, window.plus(SLACK), window), Serdes.String(), events);
  }

  /**
   * On the heap, because an item lives for as long as its buckets are open. Neither this store nor
   * the next is cached: nearly all of it outlives a commit, so a cache would only put off the
   * writes until then, when each task in turn would wait for them.
   */
  public StoreBuilder<KeyValueStore<Bytes, byte[]>> items() {
    return bytes(suppliers.inMemory(ITEMS));
  }

  public StoreBuilder<KeyValueStore<Bytes, byte[]>> progress() {
    return bytes(suppliers.keyValue(PROGRESS));
  }

  /** Cached: of a user's many events between two commits one record is written. */
  public <V> StoreBuilder<KeyValueStore<String, V>> activity(Serde<V> activities) {
    return Stores.keyValueStoreBuilder(suppliers.keyValue(ACTIVITY), Serdes.String(), activities)
        .withCachingEnabled();
  }

  /** By user and request, at the result's time; ScoreResults in the wire format of their topic. */
  public StoreBuilder<WindowStore<String, byte[]>> served(Duration window) {
    return Stores.windowStoreBuilder(
        suppliers.window(SERVED, window.plus(SLACK), window), Serdes.String(), Serdes.ByteArray());
  }

  private static StoreBuilder<KeyValueStore<Bytes, byte[]>> bytes(
      KeyValueBytesStoreSupplier supplier) {
    return Stores.keyValueStoreBuilder(supplier, Serdes.Bytes(), Serdes.ByteArray())
        .withLoggingEnabled(SHORT_CHANGELOG);
  }
}
