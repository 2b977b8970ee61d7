package dev.attune.ingest;

import dev.attune.ingest.admission.AbuseGuard;
import dev.attune.ingest.admission.ActivityGuard;
import dev.attune.ingest.admission.AdmitProcessor;
import dev.attune.ingest.admission.EraseProcessor;
import dev.attune.ingest.admission.QuarantineReason;
import dev.attune.ingest.admission.SeenEventSerde;
import dev.attune.ingest.admission.UserActivitySerde;
import dev.attune.ingest.bucket.BucketProcessor;
import dev.attune.ingest.event.PoisonRecords;
import dev.attune.ingest.event.RejectionReason;
import dev.attune.ingest.event.ReleaseProcessor;
import dev.attune.ingest.event.ValidateProcessor;
import dev.attune.ingest.join.JoinProcessor;
import dev.attune.ingest.join.ServedResultProcessor;
import dev.attune.ingest.metrics.IngestMeters;
import dev.attune.ingest.topology.Nodes;
import dev.attune.ingest.topology.StateStores;
import dev.attune.schemas.Domains;
import dev.attune.schemas.Topics;
import dev.attune.schemas.events.ErasureRequest;
import dev.attune.schemas.events.PreferenceBucket;
import dev.attune.schemas.events.PreferenceEvent;
import dev.attune.schemas.events.RejectedPreference;
import dev.attune.schemas.events.ScoreResult;
import dev.attune.schemas.events.ServedResult;
import dev.attune.schemas.serde.AvroSerde;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.AutoOffsetReset;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.processor.StreamPartitioner;
import org.apache.kafka.streams.processor.TimestampExtractor;
import org.apache.kafka.streams.processor.api.ProcessorContext;

/**
 * From attune.preferences to the buckets of both routes, the rejected and the quarantined topic:
 *
 * <pre>
 *   preferences → validate → admit → join → bucket → by-user, by-domain
 *   released → release ↗│     │       ↑ ↑     ↑ └──→ users (erased)
 *                       ├─────┼───────┼─┼─────┘ (offsets of records that teach nothing)
 *                       │     └→ quarantined
 *                       └→ rejected   │ └─ served ← rewards
 *   erasures ───────→ erase ──────────┘
 * </pre>
 *
 * Everything stays in the partition of the record's key, the user id; there is no repartitioning,
 * and one task has all of a user's state. Knows no broker: tests drive it alone.
 */
public final class IngestTopology {
  private static final long SHORTEST_TICK_MILLIS = 1;
  private static final long LONGEST_TICK_MILLIS = 100;

  private final IngestConfig config;
  private final ValueSerdes serdes;
  private final IngestMeters meters;
  private final TimestampExtractor timestamps;
  private final Function<ProcessorContext<?, ?>, AbuseGuard> guards;
  private final StateStores stores;
  private final PoisonRecords poison;
  private final Topology topology = new Topology();

  private IngestTopology(
      IngestConfig config,
      ValueSerdes serdes,
      IngestMeters meters,
      InstantSource clock,
      Function<ProcessorContext<?, ?>, AbuseGuard> guards,
      StateStores stores,
      PoisonRecords poison) {
    this.config = config;
    this.serdes = serdes;
    this.meters = meters;
    this.timestamps = new ClampedTimestamps(clock);
    this.guards = guards;
    this.stores = stores;
    this.poison = poison;
  }

  /**
   * How values are read and written.
   *
   * @param events of attune.preferences; only its deserializer is used
   * @param buckets of the bucket topics and of the store of items
   * @param rejected of the rejected, the quarantined and the released topic
   * @param erasures of attune.erasures; only its deserializer is used
   * @param results of attune.rewards; only its deserializer is used
   * @param served the part of a result that is looked at when it comes; as above
   */
  public record ValueSerdes(
      Serde<PreferenceEvent> events,
      Serde<PreferenceBucket> buckets,
      Serde<RejectedPreference> rejected,
      Serde<ErasureRequest> erasures,
      Serde<ScoreResult> results,
      Serde<ServedResult> served) {

    /** Those of the registry's wire format. */
    public static ValueSerdes avro() {
      return new ValueSerdes(
          new AvroSerde<>(PreferenceEvent.class),
          new AvroSerde<>(PreferenceBucket.class),
          new AvroSerde<>(RejectedPreference.class),
          new AvroSerde<>(ErasureRequest.class),
          new AvroSerde<>(ScoreResult.class),
          new AvroSerde<>(ServedResult.class));
    }

    /** Configures all of them, such as with the registry's settings. */
    public ValueSerdes configured(Map<String, ?> settings) {
      all().forEach(serde -> serde.configure(settings, false));
      return this;
    }

    /** Closes all of them. */
    public void close() {
      all().forEach(Serde::close);
    }

    private List<Serde<?>> all() {
      return List.of(events, buckets, rejected, erasures, results, served);
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
    return build(
        config,
        serdes,
        registry,
        clock,
        context -> ActivityGuard.of(config.abuse(), context),
        StateStores.Suppliers.persistent(),
        poison);
  }

  /** The topology with another guard, or with stores that a test keeps. */
  static Topology build(
      IngestConfig config,
      ValueSerdes serdes,
      MeterRegistry registry,
      InstantSource clock,
      Function<ProcessorContext<?, ?>, AbuseGuard> guards,
      StateStores.Suppliers suppliers) {
    PoisonRecords poison = new PoisonRecords(config.operation().maxAttempts());
    return build(config, serdes, registry, clock, guards, suppliers, poison);
  }

  private static Topology build(
      IngestConfig config,
      ValueSerdes serdes,
      MeterRegistry registry,
      InstantSource clock,
      Function<ProcessorContext<?, ?>, AbuseGuard> guards,
      StateStores.Suppliers suppliers,
      PoisonRecords poison) {
    IngestTopology ingest =
        new IngestTopology(
            config,
            serdes,
            new IngestMeters(registry),
            clock,
            guards,
            new StateStores(suppliers),
            poison);
    ingest.preferences();
    ingest.released();
    ingest.erasures();
    ingest.admission();
    ingest.join();
    ingest.buckets();
    return ingest.topology;
  }

  private void preferences() {
    meters.expect("rejected", RejectionReason.values());
    meters.failures(poison, PoisonRecords::failures);
    source(Nodes.PREFERENCES, Topics.PREFERENCES.name());
    topology.addProcessor(Nodes.VALIDATE, this::validate, Nodes.PREFERENCES);
  }

  private void released() {
    source(Nodes.RELEASED, Topics.PREFERENCES_RELEASED.name());
    topology.addProcessor(
        Nodes.RELEASE,
        () -> new ReleaseProcessor(serdes.rejected().deserializer(), validate()),
        Nodes.RELEASED);
  }

  private ValidateProcessor validate() {
    return new ValidateProcessor(serdes.events().deserializer(), config.event(), meters, poison);
  }

  private void erasures() {
    source(Nodes.ERASURES, Topics.ERASURES.name());
    topology.addProcessor(
        Nodes.ERASE,
        () -> new EraseProcessor(serdes.erasures().deserializer(), meters),
        Nodes.ERASURES);
  }

  private void admission() {
    meters.expect("quarantined", QuarantineReason.values());
    topology
        .addProcessor(
            Nodes.ADMIT,
            () ->
                new AdmitProcessor(
                    config.deduplicationWindow().toMillis(),
                    config.event().limits().clockSkew().toMillis(),
                    guards,
                    meters),
            Nodes.VALIDATE,
            Nodes.RELEASE)
        .addStateStore(
            stores.seen(config.deduplicationWindow(), new SeenEventSerde()),
            Nodes.ADMIT,
            Nodes.ERASE)
        .addStateStore(stores.activity(new UserActivitySerde()), Nodes.ADMIT, Nodes.ERASE)
        .addSink(
            Nodes.REJECTED_SINK,
            Topics.PREFERENCES_REJECTED.name(),
            new StringSerializer(),
            serdes.rejected().serializer(),
            Nodes.VALIDATE,
            Nodes.RELEASE,
            Nodes.ADMIT)
        .addSink(
            Nodes.QUARANTINED_SINK,
            Topics.PREFERENCES_QUARANTINED.name(),
            new StringSerializer(),
            serdes.rejected().serializer(),
            Nodes.ADMIT);
  }

  private void join() {
    Duration window = config.joinWindow();
    topology.addProcessor(
        Nodes.JOIN,
        () -> new JoinProcessor(serdes.results().deserializer(), window.toMillis(), meters),
        Nodes.ADMIT,
        Nodes.ERASE);
    if (window.isZero()) {
      return;
    }
    topology
        .addSource(
            // Older results would find no event; the topic may hold a week of them.
            AutoOffsetReset.byDuration(window),
            Nodes.REWARDS,
            timestamps,
            new StringDeserializer(),
            new ByteArrayDeserializer(),
            Topics.REWARDS.name())
        .addProcessor(
            Nodes.SERVED,
            () -> new ServedResultProcessor(serdes.served().deserializer(), meters),
            Nodes.REWARDS)
        .addStateStore(stores.served(window), Nodes.SERVED, Nodes.JOIN);
  }

  private void buckets() {
    StreamPartitioner<String, PreferenceBucket> byDomain =
        (topic, domain, bucket, partitions) ->
            Optional.of(Set.of(Domains.partition(domain, partitions)));
    topology
        .addProcessor(
            Nodes.BUCKET,
            () ->
                new BucketProcessor(
                    config.byUser(), config.byDomain(), tick(config), serdes.buckets(), meters),
            Nodes.VALIDATE,
            Nodes.JOIN)
        .addStateStore(stores.items(), Nodes.BUCKET)
        .addStateStore(stores.progress(), Nodes.BUCKET)
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
            Nodes.BUCKET)
        // Only records without a value: rows are the trainer's.
        .addSink(
            Nodes.USERS_SINK,
            Topics.USERS.name(),
            new StringSerializer(),
            new ByteArraySerializer(),
            Nodes.BUCKET);
  }

  private void source(String node, String topic) {
    topology.addSource(
        AutoOffsetReset.earliest(),
        node,
        timestamps,
        new ByteArrayDeserializer(),
        new ByteArrayDeserializer(),
        topic);
  }
}
