package dev.attune.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.platform.Configuration;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.streams.StreamsConfig;
import org.junit.jupiter.api.Test;

/** What Kafka Streams gets of the settings. */
class IngestPropertiesTest {
  @Test
  void shouldBeSafeOnThreeBrokersByDefault() {
    // When
    StreamsConfig streams = streams(Map.of());

    // Then
    assertThat(streams.getString("processing.guarantee")).isEqualTo("exactly_once_v2");
    assertThat(streams.getInt("replication.factor")).isEqualTo(3);
    assertThat(streams.originals()).containsEntry("topic.min.insync.replicas", "2");
    assertThat(streams.getInt("num.standby.replicas")).isEqualTo(1);
    assertThat(streams.getBoolean("ensure.explicit.internal.resource.naming")).isTrue();
    assertThat(consumer(streams))
        .containsEntry("session.timeout.ms", 10_000)
        .containsEntry("isolation.level", "read_committed")
        .doesNotContainKey("group.instance.id");
    assertThat(streams.getProducerConfigs("p")).containsEntry("transaction.timeout.ms", 10_000);
  }

  @Test
  void shouldAskForNoSecondReplicaWhereThereIsOneBroker() {
    // When
    StreamsConfig streams = streams(Map.of("ingest.replication-factor", "1"));

    // Then
    assertThat(streams.getInt("replication.factor")).isEqualTo(1);
    assertThat(streams.originals()).containsEntry("topic.min.insync.replicas", "1");
  }

  @Test
  void shouldBeAStaticMemberWithANameOfItsOwn() {
    // When
    StreamsConfig streams = streams(Map.of("ingest.instance", "ingest-0"));

    // Then
    assertThat(consumer(streams).get("group.instance.id").toString()).startsWith("ingest-0");
  }

  @Test
  void shouldHandKafkaSettingsOnToStreamsAndItsClients() {
    // When
    StreamsConfig streams =
        streams(
            Map.of(
                "kafka.acceptable.recovery.lag", "5",
                "kafka.probing.rebalance.interval.ms", "120000",
                "kafka.client.tag.zone", "a",
                "kafka.rack.aware.assignment.tags", "zone",
                "kafka.main.consumer.max.poll.records", "7",
                "kafka.producer.linger.ms", "3",
                "kafka.transaction.timeout.ms", "20000",
                "kafka.session.timeout.ms", "45000"));

    // Then
    assertThat(streams.getLong("acceptable.recovery.lag")).isEqualTo(5);
    assertThat(streams.getLong("probing.rebalance.interval.ms")).isEqualTo(120_000);
    assertThat(streams.getClientTags()).containsEntry("zone", "a");
    assertThat(streams.getList("rack.aware.assignment.tags")).containsExactly("zone");
    assertThat(texts(consumer(streams)))
        .containsEntry("max.poll.records", "7")
        .containsEntry("session.timeout.ms", "45000");
    assertThat(texts(streams.getProducerConfigs("p")))
        .containsEntry("linger.ms", "3")
        .containsEntry("transaction.timeout.ms", "20000");
  }

  private static StreamsConfig streams(Map<String, String> more) {
    Map<String, String> flags = new HashMap<>(more);
    flags.put("kafka.bootstrap.servers", "b:1");
    flags.put("schema.registry.url", "http://r");
    IngestConfig config = IngestConfig.from(Configuration.of(flags));
    return new StreamsConfig(IngestApp.properties(config));
  }

  private static Map<String, Object> consumer(StreamsConfig streams) {
    return streams.getMainConsumerConfigs("attune-ingest", "c", 1);
  }

  private static Map<String, String> texts(Map<String, Object> settings) {
    Map<String, String> texts = new HashMap<>();
    settings.forEach((name, value) -> texts.put(name, String.valueOf(value)));
    return texts;
  }
}
