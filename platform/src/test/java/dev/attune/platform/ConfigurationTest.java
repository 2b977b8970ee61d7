package dev.attune.platform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConfigurationTest {
  private static final ConfigKey<Integer> BATCH =
      ConfigKey.integer("trainer.batch-size", 8, 1, 64, "Events a step.");
  private static final ConfigKey<String> PASSWORD =
      ConfigKey.string("trainer.store.password", "", "For the store.");

  @TempDir Path dir;

  @ParameterizedTest
  @CsvSource({"'', '', '', 8", "1, '', '', 1", "1, 2, '', 2", "1, 2, 3, 3", "1, '', 3, 3"})
  void shouldPreferFlagThenEnvironmentThenFileThenDefault(
      String inFile, String inEnvironment, String inFlag, int expected) throws IOException {
    // Given
    Path file = Files.writeString(dir.resolve("a.properties"), "trainer.batch-size=" + inFile);
    Configuration configuration =
        Configuration.load(
            file,
            Map.of("ATTUNE_TRAINER_BATCH_SIZE", inEnvironment),
            Map.of("trainer.batch-size", inFlag));

    // When
    int value = configuration.get(BATCH);

    // Then
    assertThat(value).isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "65", "many", "1.5", "99999999999"})
  void shouldNameKeyValueOriginAndRangeOfABadValue(String text) {
    // Given
    Configuration configuration =
        Configuration.load(null, Map.of("ATTUNE_TRAINER_BATCH_SIZE", text), Map.of());

    // When
    Throwable failure = catchThrowable(() -> configuration.get(BATCH));

    // Then
    assertThat(failure)
        .isInstanceOf(ConfigException.class)
        .hasMessageContainingAll(
            "trainer.batch-size", text, "ATTUNE_TRAINER_BATCH_SIZE", "1 to 64");
  }

  @Test
  void shouldSayHowToSetAMissingValue() {
    // Given
    ConfigKey<Path> base = ConfigKey.path("scorer.base", null, "The base model.");

    // When
    Throwable failure = catchThrowable(() -> Configuration.of(Map.of()).get(base));

    // Then
    assertThat(failure)
        .isInstanceOf(ConfigException.class)
        .hasMessageContainingAll("scorer.base is missing", "ATTUNE_SCORER_BASE");
  }

  @Test
  void shouldFindNothingWhereAnOptionalValueIsAbsent() {
    // Given
    ConfigKey<String> key = ConfigKey.string("scorer.note", null, "A note.").optional();

    // When
    Optional<String> value = Configuration.of(Map.of()).find(key);

    // Then
    assertThat(value).isEmpty();
  }

  @Test
  void shouldNotRevealABadSecret() {
    // Given
    ConfigKey<Integer> pin = ConfigKey.integer("trainer.pin", null, 0, 9, "A pin.").masked();

    // When
    Throwable failure =
        catchThrowable(() -> Configuration.of(Map.of("trainer.pin", "4711")).get(pin));

    // Then
    assertThat(failure).hasMessageNotContaining("4711").hasMessageContaining("trainer.pin");
  }

  @Test
  void shouldNameAFileThatIsNotThere() {
    // Given
    Path file = dir.resolve("absent.properties");

    // When
    Throwable failure = catchThrowable(() -> Configuration.load(file, Map.of(), Map.of()));

    // Then
    assertThat(failure).isInstanceOf(ConfigException.class).hasMessageContaining(file.toString());
  }

  @Test
  void shouldHandOnSettingsByPrefixFromAllSources() throws IOException {
    // Given
    Path file = Files.writeString(dir.resolve("a.properties"), "kafka.linger.ms=5");
    Configuration configuration =
        Configuration.load(
            file,
            Map.of("ATTUNE_KAFKA_SECURITY_PROTOCOL", "SSL", "ATTUNE_HOME", "/x"),
            Map.of("kafka.bootstrap.servers", "b:1"));

    // When
    Map<String, String> kafka = configuration.withPrefix("kafka.");

    // Then
    assertThat(kafka)
        .containsOnly(
            Map.entry("linger.ms", "5"),
            Map.entry("security.protocol", "SSL"),
            Map.entry("bootstrap.servers", "b:1"));
  }

  @Test
  void shouldSuggestTheNearestKeyForAnUnknownFlag() {
    // Given
    Configuration configuration = Configuration.of(Map.of("trainer.bach-size", "3"));

    // When
    Throwable failure = catchThrowable(() -> configuration.rejectUnknown(List.of(BATCH)));

    // Then
    assertThat(failure)
        .isInstanceOf(ConfigException.class)
        .hasMessage("unknown setting trainer.bach-size: did you mean trainer.batch-size?");
  }

  @Test
  void shouldSuggestTheNearestVariableForAnUnknownOne() {
    // Given
    Configuration configuration =
        Configuration.load(null, Map.of("ATTUNE_TRAINER_BATCHSIZE", "3"), Map.of());

    // When
    Throwable failure = catchThrowable(() -> configuration.rejectUnknown(List.of(BATCH)));

    // Then
    assertThat(failure).hasMessageContaining("did you mean ATTUNE_TRAINER_BATCH_SIZE?");
  }

  @Test
  void shouldLetOtherServicesPassedOnSettingsAndServiceLinksBe() {
    // Given
    Configuration configuration =
        Configuration.load(
            null,
            Map.of(
                "ATTUNE_HOME", "/x",
                "ATTUNE_TRAINER_BATCH_SIZE", "3",
                "ATTUNE_TRAINER_SERVICE_HOST", "10.0.0.1",
                "ATTUNE_TRAINER_PORT_8080_TCP_ADDR", "10.0.0.1",
                "ATTUNE_KAFKA_CLIENT_RACK", "a"),
            Map.of("scorer.base", "/base", "kafka.linger.ms", "5"));

    // When
    Throwable failure = catchThrowable(() -> configuration.rejectUnknown(List.of(BATCH)));

    // Then
    assertThat(failure).isNull();
  }

  @Test
  void shouldMaskSecretsWhenPrinted() {
    // Given
    Configuration configuration =
        Configuration.of(
            Map.of(
                "trainer.store.password", "hidden1",
                "kafka.sasl.jaas.config", "hidden2",
                "kafka.ssl.keystore.location", "/keys",
                "schema.registry.url", "http://me:hidden3@registry"));

    // When
    Map<String, String> printed = configuration.describe(List.of(PASSWORD, BATCH));

    // Then
    assertThat(printed.toString()).doesNotContain("hidden");
    assertThat(printed)
        .containsEntry("trainer.batch-size", "8")
        .containsEntry("kafka.ssl.keystore.location", "/keys")
        .containsEntry("kafka.sasl.jaas.config", Secrets.MASK);
  }

  @ParameterizedTest
  @CsvSource({"50 ms, 50", "1s, 1000", "2 min, 120000", "24 h, 86400000", "PT1.5S, 1500"})
  void shouldReadDurations(String text, long millis) {
    // Given
    ConfigKey<Duration> key =
        ConfigKey.duration("a.b", null, Duration.ZERO, Duration.ofDays(2), "A time.");

    // When
    Duration value = Configuration.of(Map.of("a.b", text)).get(key);

    // Then
    assertThat(value).hasMillis(millis);
  }

  @ParameterizedTest
  @ValueSource(strings = {"50", "1 week", "-1 s", "3 d", "ms", "99999999999999999999 s"})
  void shouldRefuseWhatIsNoDurationInRange(String text) {
    // Given
    ConfigKey<Duration> key =
        ConfigKey.duration("a.b", null, Duration.ZERO, Duration.ofDays(2), "A time.");

    // When
    Throwable failure = catchThrowable(() -> Configuration.of(Map.of("a.b", text)).get(key));

    // Then
    assertThat(failure).isInstanceOf(ConfigException.class);
  }

  @ParameterizedTest
  @CsvSource({"1024, 1024", "256 KiB, 262144", "1MiB, 1048576"})
  void shouldReadBytes(String text, long bytes) {
    // Given
    ConfigKey<Long> key = ConfigKey.bytes("a.b", null, 1, 1 << 20, "A size.");

    // When
    long value = Configuration.of(Map.of("a.b", text)).get(key);

    // Then
    assertThat(value).isEqualTo(bytes);
  }

  @Test
  void shouldReadAChoiceInAnyCase() {
    // Given
    ConfigKey<ServiceState.Phase> key =
        ConfigKey.oneOf("a.b", ServiceState.Phase.class, null, "A phase.");

    // When
    ServiceState.Phase value = Configuration.of(Map.of("a.b", "Running")).get(key);

    // Then
    assertThat(value).isEqualTo(ServiceState.Phase.RUNNING);
  }
}
