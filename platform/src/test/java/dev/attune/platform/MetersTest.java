package dev.attune.platform;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import org.junit.jupiter.api.Test;

class MetersTest {
  @Test
  void shouldKeepTheKafkaMetersThatAreNeededAndNoOthers() {
    // Given
    PrometheusMeterRegistry registry = Meters.registry();

    // When
    registry.counter("kafka.consumer.fetch.manager.records.consumed.total").increment();
    registry.counter("kafka.consumer.io.wait.ratio").increment();
    registry.counter("attune.anything").increment();

    // Then
    assertThat(registry.scrape())
        .contains("kafka_consumer_fetch_manager_records_consumed_total", "attune_anything_total")
        .doesNotContain("io_wait_ratio");
  }

  @Test
  void shouldSayWhichVersionRuns() {
    // When
    BuildInfo build = BuildInfo.ofThisBuild();

    // Then
    assertThat(build.version()).matches("\\d+\\.\\d+\\.\\d+.*");
    assertThat(build.revision()).isNotBlank().doesNotContain("$");
  }
}
