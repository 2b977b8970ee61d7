package dev.attune.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.ingest.IngestTopology.ValueSerdes;
import dev.attune.platform.Configuration;
import dev.attune.platform.Meters;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The manual explains every metric, and the alert rules name only such. */
class MetricsManualTest {
  private static final Path MANUAL = Path.of("..", "docs", "ingest.md");
  private static final Path ALERTS = Path.of("..", "deploy", "prometheus", "ingest-alerts.yml");

  @Test
  void shouldExplainEveryMetricOfIngest() throws IOException {
    // When
    List<String> names = registered();

    // Then
    String manual = Files.readString(MANUAL);
    assertThat(names).contains("attune_ingest_events_total", "attune_ingest_failures_total");
    assertThat(names).allSatisfy(name -> assertThat(manual).contains("`" + name + "`"));
  }

  @Test
  void shouldExplainEveryMetricOfTheKafkaClients() throws IOException {
    // When
    List<String> names = Meters.kafka().stream().map(name -> name.replace('.', '_')).toList();

    // Then
    String manual = Files.readString(MANUAL);
    // A counter whose Kafka name does not say so is shown with the suffix.
    assertThat(names)
        .allSatisfy(
            name -> assertThat(manual).containsAnyOf("`" + name + "`", "`" + name + "_total`"));
  }

  @Test
  void shouldAlertOnMetricsThatAreExplained() throws IOException {
    // When
    List<String> names =
        matches("\\b(?:attune|kafka)_[a-z_]+[a-z]", Files.readString(ALERTS)).stream()
            .distinct()
            .toList();

    // Then
    String manual = Files.readString(MANUAL);
    assertThat(names).hasSizeGreaterThan(5);
    assertThat(names).allSatisfy(name -> assertThat(manual).contains("`" + name + "`"));
  }

  private static List<String> registered() {
    IngestConfig config =
        IngestConfig.from(
            Configuration.of(
                Map.of("kafka.bootstrap.servers", "b:1", "schema.registry.url", "http://r")));
    PrometheusMeterRegistry registry = Meters.registry();
    try {
      IngestTopology.build(config, ValueSerdes.avro(), registry, InstantSource.system());
      return matches("(?m)^# TYPE (attune_ingest_\\w+)", registry.scrape());
    } finally {
      registry.close();
    }
  }

  private static List<String> matches(String regex, String text) {
    return Pattern.compile(regex)
        .matcher(text)
        .results()
        .map((MatchResult found) -> found.group(found.groupCount()))
        .toList();
  }
}
