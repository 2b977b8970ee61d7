package dev.attune.ingest;

import dev.attune.ingest.IngestTopology.ValueSerdes;
import dev.attune.platform.Configuration;
import dev.attune.schemas.Topics;
import dev.attune.schemas.events.PreferenceBucket;
import dev.attune.schemas.events.PreferenceEvent;
import dev.attune.schemas.events.RejectedPreference;
import dev.attune.schemas.events.Route;
import dev.attune.schemas.serde.AvroSerde;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.TestInputTopic;
import org.apache.kafka.streams.TestOutputTopic;
import org.apache.kafka.streams.TopologyTestDriver;

/** The topology without a broker, with a clock that stands still until it is moved. */
final class IngestHarness implements AutoCloseable {
  final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  final ValueSerdes serdes;
  final TopologyTestDriver driver;
  final TestInputTopic<String, byte[]> input;
  final TestOutputTopic<String, PreferenceBucket> byUser;
  final TestOutputTopic<String, PreferenceBucket> byDomain;
  final TestOutputTopic<String, RejectedPreference> rejected;
  private Instant now = Events.NOW;

  IngestHarness(FakeRegistry registry, Path stateDir, Map<String, String> settings) {
    Map<String, String> flags = new HashMap<>(settings);
    flags.put("kafka.bootstrap.servers", "nowhere:1");
    flags.put("schema.registry.url", registry.url());
    flags.put("schema.registry.auto.register", "true");
    flags.put("schema.registry.max.retries", "0");
    flags.put("ingest.state.dir", stateDir.toString());
    IngestConfig config = IngestConfig.from(Configuration.of(flags));
    this.serdes =
        new ValueSerdes(
                new AvroSerde<>(PreferenceEvent.class),
                new AvroSerde<>(PreferenceBucket.class),
                new AvroSerde<>(RejectedPreference.class))
            .configured(config.kafka().serde());
    this.driver =
        new TopologyTestDriver(
            IngestTopology.build(config, serdes, meters, () -> now),
            IngestApp.properties(config),
            now);
    this.input =
        driver.createInputTopic(
            Topics.PREFERENCES.name(), new StringSerializer(), new ByteArraySerializer());
    this.byUser = buckets(Topics.BUCKETS_BY_USER.name());
    this.byDomain = buckets(Topics.BUCKETS_BY_DOMAIN.name());
    this.rejected =
        driver.createOutputTopic(
            Topics.PREFERENCES_REJECTED.name(),
            new StringDeserializer(),
            serdes.rejected().deserializer());
  }

  /** Sends an event as a well-behaved producer does; the broker's time is now. */
  void send(PreferenceEvent event) {
    send(event.getUserId(), bytes(event));
  }

  void send(String key, byte[] value) {
    input.pipeInput(key, value, now);
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
    driver.close();
  }

  private TestOutputTopic<String, PreferenceBucket> buckets(String topic) {
    return driver.createOutputTopic(
        topic, new StringDeserializer(), serdes.buckets().deserializer());
  }
}
