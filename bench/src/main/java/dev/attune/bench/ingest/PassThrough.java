package dev.attune.bench.ingest;

import dev.attune.ingest.IngestApp;
import dev.attune.ingest.IngestConfig;
import dev.attune.platform.Service;
import dev.attune.schemas.Topics;
import dev.attune.schemas.events.PreferenceEvent;
import dev.attune.schemas.serde.AvroSerde;
import java.time.Duration;
import java.util.Map;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.AutoOffsetReset;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.Topology;

/** A Streams topology of a source and a sink. */
final class PassThrough implements Service {
  private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(20);

  private final KafkaStreams streams;

  private PassThrough(IngestConfig config, Serde<?> values) {
    Topology topology =
        new Topology()
            .addSource(
                AutoOffsetReset.earliest(),
                "preferences",
                new ByteArrayDeserializer(),
                values.deserializer(),
                Topics.PREFERENCES.name())
            .addSink(
                "out",
                BenchTopics.OUT,
                new ByteArraySerializer(),
                values.serializer(),
                "preferences");
    this.streams = new KafkaStreams(topology, IngestApp.properties(config));
  }

  static PassThrough ofBytes(IngestConfig config) {
    return new PassThrough(config, Serdes.ByteArray());
  }

  /** Each value is read and written as Avro. */
  static PassThrough ofEvents(IngestConfig config) {
    AvroSerde<PreferenceEvent> events = new AvroSerde<>(PreferenceEvent.class);
    Map<String, Object> settings = config.kafka().serde();
    settings.put("auto.register.schemas", "true");
    events.configure(settings, false);
    return new PassThrough(config, events);
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
