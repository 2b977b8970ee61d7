package dev.attune.ingest;

import dev.attune.ingest.IngestTopology.ValueSerdes;
import dev.attune.ingest.admission.AbuseGuard;
import dev.attune.ingest.admission.AbuseLimits;
import dev.attune.ingest.admission.ActivityGuard;
import dev.attune.ingest.topology.StateStores;
import dev.attune.platform.Configuration;
import dev.attune.schemas.Topics;
import dev.attune.schemas.events.ErasureRequest;
import dev.attune.schemas.events.PreferenceBucket;
import dev.attune.schemas.events.PreferenceEvent;
import dev.attune.schemas.events.RejectedPreference;
import dev.attune.schemas.events.Route;
import dev.attune.schemas.events.ScoreResult;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.TestInputTopic;
import org.apache.kafka.streams.TestOutputTopic;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.processor.api.ProcessorContext;

/** The topology without a broker, with a clock that stands still until it is moved. */
final class IngestHarness implements AutoCloseable {
  final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  final IngestConfig config;
  final ValueSerdes serdes;
  final TopologyTestDriver driver;
  final TestInputTopic<String, byte[]> input;
  final TestOutputTopic<String, PreferenceBucket> byUser;
  final TestOutputTopic<String, PreferenceBucket> byDomain;
  final TestOutputTopic<String, RejectedPreference> rejected;
  final TestOutputTopic<String, RejectedPreference> quarantined;
  final TestOutputTopic<String, byte[]> users;
  private final TestInputTopic<String, byte[]> erasures;
  private final TestInputTopic<String, byte[]> released;
  private final TestInputTopic<String, byte[]> rewards;
  private Instant now;
  private boolean closed;

  IngestHarness(FakeRegistry registry, Path stateDir, Map<String, String> settings) {
    this(
        registry,
        stateDir,
        settings,
        AbuseGuard.none(),
        StateStores.Suppliers.persistent(),
        Events.NOW);
  }

  IngestHarness(
      FakeRegistry registry,
      Path stateDir,
      Map<String, String> settings,
      AbuseGuard guard,
      StateStores.Suppliers stores,
      Instant startedAt) {
    this(registry, stateDir, settings, (limits, context) -> guard, stores, startedAt);
  }

  /** With the guard of production. */
  static IngestHarness guarded(
      FakeRegistry registry,
      Path stateDir,
      Map<String, String> settings,
      StateStores.Suppliers stores) {
    return new IngestHarness(registry, stateDir, settings, ActivityGuard::of, stores, Events.NOW);
  }

  private IngestHarness(
      FakeRegistry registry,
      Path stateDir,
      Map<String, String> settings,
      BiFunction<AbuseLimits, ProcessorContext<?, ?>, AbuseGuard> guard,
      StateStores.Suppliers stores,
      Instant startedAt) {
    this.now = startedAt;
    Map<String, String> flags = new HashMap<>(settings);
    flags.put("kafka.bootstrap.servers", "nowhere:1");
    flags.put("schema.registry.url", registry.url());
    flags.put("schema.registry.auto.register", "true");
    flags.put("schema.registry.max.retries", "0");
    flags.put("ingest.state.dir", stateDir.toString());
    this.config = IngestConfig.from(Configuration.of(flags));
    this.serdes = ValueSerdes.avro().configured(config.kafka().serde());
    this.driver =
        new TopologyTestDriver(
            IngestTopology.build(
                config,
                serdes,
                meters,
                () -> now,
                context -> guard.apply(config.abuse(), context),
                stores),
            IngestApp.properties(config),
            now);
    this.input =
        driver.createInputTopic(
            Topics.PREFERENCES.name(), new StringSerializer(), new ByteArraySerializer());
    this.byUser = buckets(Topics.BUCKETS_BY_USER.name());
    this.byDomain = buckets(Topics.BUCKETS_BY_DOMAIN.name());
    this.rejected = rejections(Topics.PREFERENCES_REJECTED.name());
    this.quarantined = rejections(Topics.PREFERENCES_QUARANTINED.name());
    this.users =
        driver.createOutputTopic(
            Topics.USERS.name(), new StringDeserializer(), new ByteArrayDeserializer());
    this.released =
        driver.createInputTopic(
            Topics.PREFERENCES_RELEASED.name(), new StringSerializer(), new ByteArraySerializer());
    this.rewards =
        config.joinWindow().isZero()
            ? null
            : driver.createInputTopic(
                Topics.REWARDS.name(), new StringSerializer(), new ByteArraySerializer());
    this.erasures =
        driver.createInputTopic(
            Topics.ERASURES.name(), new StringSerializer(), new ByteArraySerializer());
  }

  /** Sends an event as a well-behaved producer does; the broker's time is now. */
  void send(PreferenceEvent event) {
    send(event.getUserId(), bytes(event));
  }

  void send(String key, byte[] value) {
    input.pipeInput(key, value, now);
  }

  /** Releases a quarantined event, as an operator does. */
  void release(RejectedPreference held) {
    release(
        "ann", serdes.rejected().serializer().serialize(Topics.PREFERENCES_RELEASED.name(), held));
  }

  void release(String key, byte[] value) {
    released.pipeInput(key, value, now);
  }

  /** A result is served; the broker's time is now. */
  void serve(ScoreResult result) {
    serve(
        result.getUserId(), serdes.results().serializer().serialize(Topics.REWARDS.name(), result));
  }

  void serve(String key, byte[] value) {
    rewards.pipeInput(key, value, now);
  }

  /** Sends a request to erase the user. */
  void erase(String user) {
    erase(user, erasure(user));
  }

  void erase(String key, byte[] value) {
    erasures.pipeInput(key, value, now);
  }

  byte[] erasure(String user) {
    ErasureRequest request =
        ErasureRequest.newBuilder().setUserId(user).setRequestedAt(now).build();
    return serdes.erasures().serializer().serialize(Topics.ERASURES.name(), request);
  }

  Instant now() {
    return now;
  }

  byte[] bytes(PreferenceEvent event) {
    return serdes.events().serializer().serialize(Topics.PREFERENCES.name(), event);
  }

  void advance(Duration time) {
    now = now.plus(time);
    driver.advanceWallClockTime(time);
  }

  /** Closes all buckets by age and gives those of a route. */
  List<PreferenceBucket> flush(Route route) {
    advance(Duration.ofSeconds(2));
    return (route == Route.BY_USER ? byUser : byDomain).readValuesToList();
  }

  /** Records of the outcome, whatever the reason. */
  long count(String outcome) {
    return (long)
        meters.get("attune.ingest.events").tag("outcome", outcome).counters().stream()
            .mapToDouble(Counter::count)
            .sum();
  }

  /** What stores did not take because it was too old. */
  double dropped() {
    return driver.metrics().values().stream()
        .filter(metric -> metric.metricName().name().equals("dropped-records-total"))
        .mapToDouble(metric -> (double) metric.metricValue())
        .sum();
  }

  double count(String outcome, String reason) {
    return meters
        .get("attune.ingest.events")
        .tag("outcome", outcome)
        .tag("reason", reason)
        .counter()
        .count();
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      driver.close();
    }
  }

  private TestOutputTopic<String, RejectedPreference> rejections(String topic) {
    return driver.createOutputTopic(
        topic, new StringDeserializer(), serdes.rejected().deserializer());
  }

  private TestOutputTopic<String, PreferenceBucket> buckets(String topic) {
    return driver.createOutputTopic(
        topic, new StringDeserializer(), serdes.buckets().deserializer());
  }
}
