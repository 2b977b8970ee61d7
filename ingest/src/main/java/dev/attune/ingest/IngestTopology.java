package dev.attune.ingest;

import dev.attune.ingest.admission.AdmitProcessor;
import dev.attune.ingest.bucket.BucketProcessor;
import dev.attune.ingest.event.PoisonRecords;
import dev.attune.ingest.event.RejectionReason;
import dev.attune.ingest.event.ValidateProcessor;
import dev.attune.ingest.metrics.IngestMeters;
import dev.attune.ingest.topology.Nodes;
import dev.attune.ingest.topology.StateStores;
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
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.AutoOffsetReset;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.processor.StreamPartitioner;

/**
 * From attune.preferences to the buckets of both routes and the rejected topic:
 *
 * <pre>
 *   preferences → validate → admit → bucket → by-user, by-domain
 *                     ├────────────────────→┘ (offsets of rejected records)
 *                     └→ rejected
 * </pre>
 *
 * Everything stays in the partition of the record's key; there is no repartitioning. Knows no
 * broker: tests drive it alone.
 */
public final class IngestTopology {
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

  /** The topology, where no record has failed before. */
  public static Topology build(
      IngestConfig config, ValueSerdes serdes, MeterRegistry registry, InstantSource clock) {
    return build(
        config, serdes, registry, clock, new PoisonRecords(config.operation().maxAttempts()));
  }

  /**
   * The topology.
   *
   * @param clock what record times are clamped to; ages of buckets go by the tasks' own wall clock
   * @param poison the records that failed, which are rejected when they have failed too often
   */
  public static Topology build(
      IngestConfig config,
      ValueSerdes serdes,
      MeterRegistry registry,
      InstantSource clock,
      PoisonRecords poison) {
    IngestMeters meters = new IngestMeters(registry);
    meters.expect("rejected", RejectionReason.values());
    meters.failures(poison, PoisonRecords::failures);
    StreamPartitioner<String, PreferenceBucket> byDomain =
        (topic, domain, bucket, partitions) ->
            Optional.of(Set.of(Domains.partition(domain, partitions)));
    return new Topology()
        .addSource(
            AutoOffsetReset.earliest(),
            Nodes.PREFERENCES,
            new ClampedTimestamps(clock),
            new ByteArrayDeserializer(),
            new ByteArrayDeserializer(),
            Topics.PREFERENCES.name())
        .addProcessor(
            Nodes.VALIDATE,
            () ->
                new ValidateProcessor(
                    serdes.events().deserializer(), config.limits(), meters, poison),
            Nodes.PREFERENCES)
        .addProcessor(
            Nodes.ADMIT,
            () -> new AdmitProcessor(config.deduplicationWindow().toMillis(), meters),
            Nodes.VALIDATE)
        .addProcessor(
            Nodes.BUCKET,
            () ->
                new BucketProcessor(
                    config.byUser(), config.byDomain(), tick(config), serdes.buckets(), meters),
            Nodes.VALIDATE,
            Nodes.ADMIT)
        .addStateStore(StateStores.seen(config.deduplicationWindow()), Nodes.ADMIT)
        .addStateStore(StateStores.items(), Nodes.BUCKET)
        .addStateStore(StateStores.sequences(), Nodes.BUCKET)
        .addSink(
            Nodes.REJECTED_SINK,
            Topics.PREFERENCES_REJECTED.name(),
            new StringSerializer(),
            serdes.rejected().serializer(),
            Nodes.VALIDATE)
        .addSink(
            Nodes.BY_USER_SINK,
            Topics.BUCKETS_BY_USER.name(),
            new StringSerializer(),
            serdes.buckets().serializer(),
            Nodes.BUCKET)
        .addSink(
            Nodes.BY_DOMAIN_SINK,
            Topics.BUCKETS_BY_DOMAIN.name(),
            new StringSerializer(),
            serdes.buckets().serializer(),
            byDomain,
            Nodes.BUCKET);
  }
}
