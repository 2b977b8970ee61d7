package dev.attune.ingest;

import dev.attune.schemas.Domains;
import dev.attune.schemas.Topics;
import dev.attune.schemas.events.PreferenceBucket;
import dev.attune.schemas.events.PreferenceEvent;
import dev.attune.schemas.events.RejectedPreference;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.AutoOffsetReset;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.processor.StreamPartitioner;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;
import org.apache.kafka.streams.state.WindowStore;

/**
 * From attune.preferences to the buckets of both routes and the rejected topic:
 *
 * <pre>
 *   preferences → validate → deduplicate → bucket → by-user, by-domain
 *                     ├────────────────────→┘ (offsets of rejected records)
 *                     └→ rejected
 * </pre>
 *
 * Everything stays in the partition of the record's key; there is no repartitioning. Knows no
 * broker: tests drive it alone.
 */
public final class IngestTopology {
  static final String SOURCE = "preferences";
  static final String VALIDATE = "validate";
  static final String DEDUPLICATE = "deduplicate";
  static final String BUCKET = "bucket";
  static final String REJECTED_SINK = "rejected";
  static final String BY_USER_SINK = "by-user";
  static final String BY_DOMAIN_SINK = "by-domain";

  /** Events that passed, for as long as repeats are looked for. */
  static final String SEEN_STORE = "seen-events";

  /** The items of open buckets. */
  static final String ITEM_STORE = "bucket-items";

  /** The next sequence number of each route, user and domain. */
  static final String SEQUENCE_STORE = "bucket-sequences";

  private static final long SHORTEST_TICK_MILLIS = 1;
  private static final long LONGEST_TICK_MILLIS = 100;

  private IngestTopology() {}

  /**
   * How values are read and written.
   *
   * @param events of attune.preferences; only its deserializer is used
   * @param buckets of the bucket topics and of the store of items
   * @param rejected of attune.preferences.rejected; only its serializer is used
   */
  public record ValueSerdes(
      Serde<PreferenceEvent> events,
      Serde<PreferenceBucket> buckets,
      Serde<RejectedPreference> rejected) {

    /** Configures all three, such as with the registry's settings. */
    public ValueSerdes configured(Map<String, ?> settings) {
      events.configure(settings, false);
      buckets.configure(settings, false);
      rejected.configure(settings, false);
      return this;
    }
  }

  /** How often bucket ages are looked at, so that none is exceeded by more than a fifth. */
  static Duration tick(IngestConfig config) {
    long shortest =
        Math.min(config.byUser().maxAge().toMillis(), config.byDomain().maxAge().toMillis());
    return Duration.ofMillis(
        Math.min(LONGEST_TICK_MILLIS, Math.max(SHORTEST_TICK_MILLIS, shortest / 5)));
  }

  /**
   * The topology.
   *
   * @param clock what record times are clamped to; ages of buckets go by the tasks' own wall clock
   */
  public static Topology build(
      IngestConfig config, ValueSerdes serdes, MeterRegistry registry, InstantSource clock) {
    IngestMeters meters = new IngestMeters(registry);
    StreamPartitioner<String, PreferenceBucket> byDomain =
        (topic, domain, bucket, partitions) ->
            Optional.of(Set.of(Domains.partition(domain, partitions)));
    return new Topology()
        .addSource(
            AutoOffsetReset.earliest(),
            SOURCE,
            new ClampedTimestamps(clock),
            new ByteArrayDeserializer(),
            new ByteArrayDeserializer(),
            Topics.PREFERENCES.name())
        .addProcessor(
            VALIDATE,
            () -> new ValidateProcessor(serdes.events().deserializer(), config.limits(), meters),
            SOURCE)
        .addProcessor(
            DEDUPLICATE,
            () -> new DeduplicateProcessor(config.deduplicationWindow().toMillis(), meters),
            VALIDATE)
        .addProcessor(
            BUCKET,
            () ->
                new BucketProcessor(
                    config.byUser(), config.byDomain(), tick(config), serdes.buckets(), meters),
            VALIDATE,
            DEDUPLICATE)
        .addStateStore(seenStore(config.deduplicationWindow()), DEDUPLICATE)
        .addStateStore(itemStore(), BUCKET)
        .addStateStore(sequenceStore(), BUCKET)
        .addSink(
            REJECTED_SINK,
            Topics.PREFERENCES_REJECTED.name(),
            new StringSerializer(),
            serdes.rejected().serializer(),
            VALIDATE)
        .addSink(
            BY_USER_SINK,
            Topics.BUCKETS_BY_USER.name(),
            new StringSerializer(),
            serdes.buckets().serializer(),
            BUCKET)
        .addSink(
            BY_DOMAIN_SINK,
            Topics.BUCKETS_BY_DOMAIN.name(),
            new StringSerializer(),
            serdes.buckets().serializer(),
            byDomain,
            BUCKET);
  }

  private static StoreBuilder<WindowStore<String, Integer>> seenStore(Duration window) {
    return Stores.windowStoreBuilder(
        Stores.persistentWindowStore(SEEN_STORE, window, window, false),
        Serdes.String(),
        Serdes.Integer());
  }

  /** Cached: what is put and deleted between two commits is not written to the changelog. */
  private static StoreBuilder<KeyValueStore<String, byte[]>> itemStore() {
    return Stores.keyValueStoreBuilder(
            Stores.persistentKeyValueStore(ITEM_STORE), Serdes.String(), Serdes.ByteArray())
        .withCachingEnabled();
  }

  private static StoreBuilder<KeyValueStore<String, Long>> sequenceStore() {
    return Stores.keyValueStoreBuilder(
            Stores.persistentKeyValueStore(SEQUENCE_STORE), Serdes.String(), Serdes.Long())
        .withCachingEnabled();
  }
}
