package dev.attune.bench.ingest;

import dev.attune.ingest.IngestApp;
import dev.attune.ingest.IngestConfig;
import dev.attune.platform.Service;
import dev.attune.schemas.Topics;
import dev.attune.schemas.events.PreferenceEvent;
import dev.attune.schemas.serde.AvroSerde;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.AutoOffsetReset;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.state.Stores;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Streams topologies that do less than ingest, with its settings. */
final class PassThrough implements Service {
  private static final String SOURCE = "preferences";
  private static final String ONCE = "once";
  private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(20);

  private static final int MOST_FAILURES = 3;
  private static final Logger LOG = LoggerFactory.getLogger(PassThrough.class);

  private final KafkaStreams streams;
  private final AtomicInteger failures = new AtomicInteger();

  private PassThrough(IngestConfig config, Topology topology) {
    this.streams = new KafkaStreams(topology, IngestApp.properties(config));
    streams.setUncaughtExceptionHandler(this::onFailure);
  }

  /** As ingest it goes on after what may pass, such as a broker that is slow to answer. */
  private StreamThreadExceptionResponse onFailure(Throwable failure) {
    boolean again = failures.incrementAndGet() <= MOST_FAILURES;
    LOG.atWarn()
        .addKeyValue("again", again)
        .setCause(failure)
        .log("a thread of the yardstick has failed");
    return again
        ? StreamThreadExceptionResponse.REPLACE_THREAD
        : StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
  }

  static PassThrough ofBytes(IngestConfig config) {
    return new PassThrough(config, straight(Serdes.ByteArray()));
  }

  /** Each value is read and written as Avro. */
  static PassThrough ofEvents(IngestConfig config) {
    return new PassThrough(config, straight(events(config)));
  }

  /**
   * Each event is read, looked up among those of the deduplication window, remembered there, and
   * written to both routes: the least that gives what ingest promises, each event once on each
   * route whatever producers repeat and whatever is killed.
   */
  static PassThrough onceOnBothRoutes(IngestConfig config) {
    Serde<PreferenceEvent> events = events(config);
    Duration window = config.deduplicationWindow();
    Topology topology =
        source(events)
            .addProcessor(ONCE, () -> new OnceProcessor(window), SOURCE)
            .addStateStore(
                Stores.windowStoreBuilder(
                    Stores.persistentWindowStore(OnceProcessor.STORE, window, window, false),
                    Serdes.String(),
                    Serdes.Integer()),
                ONCE);
    for (String out : List.of(BenchTopics.OUT, BenchTopics.OUT_TOO)) {
      topology.addSink(out, out, new ByteArraySerializer(), events.serializer(), ONCE);
    }
    return new PassThrough(config, topology);
  }

  private static Topology straight(Serde<?> values) {
    return source(values)
        .addSink(
            BenchTopics.OUT,
            BenchTopics.OUT,
            new ByteArraySerializer(),
            values.serializer(),
            SOURCE);
  }

  private static Topology source(Serde<?> values) {
    return new Topology()
        .addSource(
            AutoOffsetReset.earliest(),
            SOURCE,
            new ByteArrayDeserializer(),
            values.deserializer(),
            Topics.PREFERENCES.name());
  }

  private static Serde<PreferenceEvent> events(IngestConfig config) {
    AvroSerde<PreferenceEvent> events = new AvroSerde<>(PreferenceEvent.class);
    Map<String, Object> settings = config.kafka().serde();
    settings.put("auto.register.schemas", "true");
    events.configure(settings, false);
    return events;
  }

  @Override
  public String name() {
    return "pass-through";
  }

  @Override
  public void start() {
    streams.start();
  }

  @Override
  public boolean live() {
    return streams.state() != KafkaStreams.State.ERROR;
  }

  @Override
  public boolean ready() {
    return streams.state() == KafkaStreams.State.RUNNING;
  }

  @Override
  public void close() {
    streams.close(CLOSE_TIMEOUT);
  }
}
