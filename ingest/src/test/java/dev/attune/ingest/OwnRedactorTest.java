package dev.attune.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.ingest.event.ContactRedactor;
import dev.attune.ingest.event.TextRedactor;
import dev.attune.schemas.events.Feedback;
import dev.attune.schemas.events.PreferenceBucket;
import dev.attune.schemas.events.Route;
import dev.attune.schemas.events.Turn;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OwnRedactorTest {
  @TempDir Path stateDir;

  /** One that a user of Attune could write; Attune finds it by its name. */
  public static final class NoDigits implements TextRedactor {
    @Override
    public String redact(Field field, String text) {
      if (text.equals("forbidden")) {
        throw new IllegalArgumentException(text);
      }
      return text.replaceAll("[0-9]", "#");
    }
  }

  @ParameterizedTest
  @CsvSource({"BY_USER", "BY_DOMAIN"})
  void shouldPutOnlyRedactedTextsIntoBuckets(Route route) {
    try (FakeRegistry registry = new FakeRegistry();
        IngestHarness ingest = harness(registry, NoDigits.class)) {
      // Given
      ingest.send(
          Events.choice("ann", "e1", 2)
              .setPrompt(List.of(new Turn("user", "room 101")))
              .setUserText("I am 30")
              .build());

      // When
      List<PreferenceBucket> buckets = ingest.flush(route);

      // Then
      Feedback feedback = buckets.get(0).getFeedback().get(0);
      assertThat(feedback.getPrompt()).containsExactly(new Turn("user", "room ###"));
      assertThat(buckets.get(0).getUserText()).isEqualTo("I am ##");
    }
  }

  @Test
  void shouldRejectAnEventThatTheRedactorFailsOn() {
    try (FakeRegistry registry = new FakeRegistry();
        IngestHarness ingest = harness(registry, NoDigits.class)) {
      // When
      ingest.send(Events.choice("ann", "e1", 2).setUserText("forbidden").build());

      // Then
      assertThat(ingest.rejected.readValue().getReason()).isEqualTo("REDACTION_FAILED");
    }
  }

  @Test
  void shouldTakeContactsOutOfBuckets() {
    try (FakeRegistry registry = new FakeRegistry();
        IngestHarness ingest = harness(registry, ContactRedactor.class)) {
      // Given
      ingest.send(
          Events.choice("ann", "e1", 2)
              .setPrompt(List.of(new Turn("user", "ann@example.com or +1 202 555 0143")))
              .build());

      // When
      List<PreferenceBucket> buckets = ingest.flush(Route.BY_USER);

      // Then
      assertThat(buckets.get(0).getFeedback().get(0).getPrompt())
          .containsExactly(new Turn("user", "[e-mail] or [phone]"));
    }
  }

  private IngestHarness harness(FakeRegistry registry, Class<? extends TextRedactor> redactor) {
    return new IngestHarness(
        registry, stateDir, Map.of("ingest.redactor.class", redactor.getName()));
  }
}
