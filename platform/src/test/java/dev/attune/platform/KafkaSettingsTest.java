package dev.attune.platform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KafkaSettingsTest {
  private static final Map<String, String> FLAGS =
      Map.of(
          "kafka.bootstrap.servers", "b:1",
          "kafka.security.protocol", "SASL_SSL",
          "kafka.sasl.jaas.config", "hidden",
          "schema.registry.url", "https://r",
          "schema.registry.ssl.truststore.location", "/trust",
          "basic.auth.user.info", "me:hidden");

  @Test
  void shouldHandClientSettingsToConsumersThatSeeCommittedRecordsOnly() {
    // Given
    KafkaSettings settings = KafkaSettings.from(Configuration.of(FLAGS));

    // When
    Map<String, Object> consumer = settings.consumer("group", "client");

    // Then
    assertThat(consumer)
        .containsEntry("bootstrap.servers", "b:1")
        .containsEntry("security.protocol", "SASL_SSL")
        .containsEntry("isolation.level", "read_committed")
        .containsEntry("enable.auto.commit", false)
        .containsEntry("auto.offset.reset", "none")
        .containsEntry("group.id", "group")
        .containsEntry("client.id", "client");
  }

  @Test
  void shouldLeaveToAShareGroupWhatIsItsOwn() {
    // Given
    Map<String, String> client =
        Map.of("security.protocol", "SASL_SSL", "session.timeout.ms", "6000");
    KafkaSettings settings = new KafkaSettings("b:1", "http://r", client, Map.of());

    // When
    Map<String, Object> consumer = settings.shareConsumer("group", "client");

    // Then
    assertThat(consumer)
        .containsEntry("security.protocol", "SASL_SSL")
        .containsEntry("group.id", "group")
        .containsEntry("client.id", "client")
        .containsEntry("share.acknowledgement.mode", "explicit")
        .containsEntry("share.acquire.mode", "record_limit")
        .doesNotContainKeys(
            "isolation.level", "enable.auto.commit", "auto.offset.reset", "session.timeout.ms");
  }

  @Test
  void shouldHandRegistrySettingsToSerdesUnderTheirOwnNames() {
    // Given
    KafkaSettings settings = KafkaSettings.from(Configuration.of(FLAGS));

    // When
    Map<String, Object> serde = settings.serde();

    // Then
    assertThat(serde)
        .containsOnly(
            Map.entry("schema.registry.url", "https://r"),
            Map.entry("schema.registry.ssl.truststore.location", "/trust"),
            Map.entry("basic.auth.user.info", "me:hidden"),
            Map.entry("auto.register.schemas", "false"));
  }

  @Test
  void shouldFenceByTransactionalId() {
    // Given
    KafkaSettings settings = KafkaSettings.of("b:1", "http://r");

    // When
    Map<String, Object> producer = settings.transactionalProducer("attune-trainer-3");

    // Then
    assertThat(producer)
        .containsEntry("transactional.id", "attune-trainer-3")
        .containsEntry("acks", "all")
        .containsEntry("enable.idempotence", true);
  }

  @Test
  void shouldReadAClientsPropertyFileAsItIs() {
    // Given
    Map<String, String> properties =
        Map.of(
            "bootstrap.servers", "b:1",
            "sasl.mechanism", "PLAIN",
            "schema.registry.url", "http://r",
            "basic.auth.user.info", "me:hidden");

    // When
    KafkaSettings settings = KafkaSettings.fromClientProperties(properties);

    // Then
    assertThat(settings.admin("a")).containsEntry("sasl.mechanism", "PLAIN");
    assertThat(settings.serde()).containsEntry("basic.auth.user.info", "me:hidden");
  }

  @ParameterizedTest
  @ValueSource(strings = {"isolation.level", "enable.auto.commit", "acks", "group.id"})
  void shouldRefuseWhatExactlyOnceDependsOn(String name) {
    // Given
    Map<String, String> client = Map.of(name, "x");

    // When
    Throwable failure =
        catchThrowable(() -> new KafkaSettings("b:1", "http://r", client, Map.of()));

    // Then
    assertThat(failure).isInstanceOf(ConfigException.class).hasMessageContaining("kafka." + name);
  }

  @Test
  void shouldPrintNoSecrets() {
    // Given
    KafkaSettings settings = KafkaSettings.from(Configuration.of(FLAGS));

    // When
    String printed = settings.toString();

    // Then
    assertThat(printed).contains("b:1", "SASL_SSL").doesNotContain("hidden");
  }
}
