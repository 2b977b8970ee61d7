package dev.attune.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.attune.ingest.bucket.BucketLimits;
import dev.attune.ingest.event.RejectionReason;
import dev.attune.platform.ConfigDocs;
import dev.attune.platform.ConfigException;
import dev.attune.platform.Configuration;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class IngestConfigTest {
  private static final Map<String, String> NEEDED =
      Map.of("kafka.bootstrap.servers", "b:1", "schema.registry.url", "http://r");

  @Test
  void shouldHaveTheLimitsOfTheDesignByDefault() {
    // When
    IngestConfig config = IngestConfig.from(Configuration.of(NEEDED));

    // Then
    assertThat(config.byUser()).isEqualTo(new BucketLimits(16, 256 << 10, Duration.ofMillis(50)));
    assertThat(config.byDomain()).isEqualTo(new BucketLimits(16, 256 << 10, Duration.ofSeconds(1)));
    assertThat(config.deduplicationWindow()).isEqualTo(Duration.ofHours(24));
  }

  @ParameterizedTest
  @CsvSource({
    "ingest.threads, 0",
    "ingest.by-user.max-age, 0 ms",
    "ingest.by-domain.max-bytes, 2 MiB",
    "ingest.application-id, a b",
    "ingest.deduplication-window, forever"
  })
  void shouldNameASettingThatIsNotAllowed(String name, String value) {
    // Given
    Map<String, String> flags = new HashMap<>(NEEDED);
    flags.put(name, value);

    // When
    Throwable failure = catchThrowable(() -> IngestConfig.from(Configuration.of(flags)));

    // Then
    assertThat(failure)
        .isInstanceOf(ConfigException.class)
        .hasMessageContainingAll(name, "'" + value + "'");
  }

  @Test
  void shouldBeDescribedInTheManual() {
    // Given
    Path manual = Path.of("..", "docs", "configuration.md");

    // When / Then
    assertThatCode(() -> ConfigDocs.requireCurrent(manual, "ingest", IngestConfig.ownKeys()))
        .doesNotThrowAnyException();
  }

  @Test
  void shouldExplainEveryReasonInTheManual() throws IOException {
    // When
    String manual = Files.readString(Path.of("..", "docs", "ingest.md"));

    // Then
    assertThat(Arrays.stream(RejectionReason.values()))
        .allSatisfy(reason -> assertThat(manual).contains("| `" + reason + "` |"));
  }
}
