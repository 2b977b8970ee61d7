package dev.attune.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.attune.ingest.admission.QuarantineReason;
import dev.attune.ingest.bucket.BucketLimits;
import dev.attune.ingest.event.AllowedDomains;
import dev.attune.ingest.event.ContactRedactor;
import dev.attune.ingest.event.EventConfig;
import dev.attune.ingest.event.EventLimits;
import dev.attune.ingest.event.RejectionReason;
import dev.attune.ingest.event.SignalKind;
import dev.attune.ingest.event.SignalWeights;
import dev.attune.ingest.event.TextRedactor;
import dev.attune.platform.ConfigDocs;
import dev.attune.platform.ConfigException;
import dev.attune.platform.ConfigKey;
import dev.attune.platform.Configuration;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
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
    "ingest.deduplication-window, forever",
    "ingest.max-id-length, 257",
    "ingest.domains.allowed, a domain",
    "ingest.domains.allowed, *",
    "ingest.signals.choice.weight, 0",
    "ingest.signals.edit.margin, NaN",
    "ingest.redactor.class, no.such.Class",
    "ingest.redactor.class, java.lang.String",
    "ingest.redactor.class, dev.attune.ingest.event.TextRedactor"
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
  void shouldReadHowEventsAreRead() {
    // Given
    Map<String, String> flags = new HashMap<>(NEEDED);
    flags.put("ingest.roles", "user,tool , ");
    flags.put("ingest.domains.allowed", "cooking, general.*");
    flags.put("ingest.signals.thumb.weight", "0.25");
    flags.put("ingest.signals.edit.margin", "0.5");
    flags.put("ingest.redactor.class", ContactRedactor.class.getName());

    // When
    EventConfig config = IngestConfig.from(Configuration.of(flags)).event();

    // Then
    assertThat(config.limits().roles()).containsExactlyInAnyOrder("user", "tool");
    assertThat(config.domains().names()).containsExactlyInAnyOrder("cooking", "general.*");
    assertThat(config.signals().values())
        .containsEntry(SignalKind.THUMB, new SignalWeights.Value(.25, 0))
        .containsEntry(SignalKind.EDIT, new SignalWeights.Value(1, .5))
        .containsEntry(SignalKind.CHOICE, new SignalWeights.Value(1, 0));
    assertThat(config.redactor()).isInstanceOf(ContactRedactor.class);
  }

  @Test
  void shouldKeepTextsAndTakeAllDomainsByDefault() {
    // When
    EventConfig config = IngestConfig.from(Configuration.of(NEEDED)).event();

    // Then
    assertThat(config.limits()).isEqualTo(EventLimits.defaults());
    assertThat(config.domains()).isEqualTo(AllowedDomains.all());
    assertThat(config.signals()).isEqualTo(SignalWeights.defaults());
    assertThat(config.redactor().redact(TextRedactor.Field.REPLY, "ann@example.com"))
        .isEqualTo("ann@example.com");
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
  void shouldExplainEveryReasonInTheManualAndNoOther() throws IOException {
    // Given
    String manual = Files.readString(Path.of("..", "docs", "ingest.md"));

    // When
    List<String> explained = cells(section(manual, "## Reasons"));

    // Then
    assertThat(explained)
        .containsExactlyInAnyOrderElementsOf(
            Arrays.stream(RejectionReason.values()).map(Enum::name).toList());
  }

  @Test
  void shouldExplainInTheManualWhyEventsAreHeldBack() throws IOException {
    // Given
    String manual = Files.readString(Path.of("..", "docs", "ingest.md"));

    // When
    List<String> explained = cells(section(manual, "## Abuse"));

    // Then
    assertThat(explained)
        .containsExactly(
            Arrays.stream(QuarantineReason.values()).map(Enum::name).toArray(String[]::new));
  }

  @Test
  void shouldTellTheSettingsOfEverySignalInTheManual() throws IOException {
    // Given
    String manual = Files.readString(Path.of("..", "docs", "events.md"));

    // When
    String signals = section(manual, "## Signals");

    // Then
    assertThat(IngestConfig.ownKeys())
        .extracting(ConfigKey::name)
        .filteredOn(name -> name.startsWith("ingest.signals."))
        .isNotEmpty()
        .allMatch(signals::contains);
    assertThat(cells(signals)).hasSameSizeAs(SignalKind.values());
  }

  private static String section(String manual, String heading) {
    int from = manual.indexOf(heading + "\n");
    int to = manual.indexOf("\n## ", from + 1);
    return manual.substring(from, to < 0 ? manual.length() : to);
  }

  /** The first cells of a table's rows, where they are code. */
  private static List<String> cells(String section) {
    return Pattern.compile("^\\| `([A-Za-z_]+)` \\|", Pattern.MULTILINE)
        .matcher(section)
        .results()
        .map(match -> match.group(1))
        .toList();
  }
}
