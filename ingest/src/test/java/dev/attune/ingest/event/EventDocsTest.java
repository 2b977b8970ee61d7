package dev.attune.ingest.event;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.ingest.Events;
import dev.attune.schemas.Topics;
import dev.attune.schemas.events.Comparison;
import dev.attune.schemas.events.Position;
import dev.attune.schemas.events.PreferenceEvent;
import dev.attune.schemas.serde.AvroSerde;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.specific.SpecificDatumReader;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The events that docs/events.md shows. */
class EventDocsTest {
  private static final SourceRecord SOURCE =
      new SourceRecord(
          new Position(Topics.PREFERENCES.name(), 0, 0L),
          Events.NOW.toEpochMilli(),
          ByteBuffer.allocate(0),
          Map.of(),
          false);

  private final EventReader reader = new EventReader(EventConfig.defaults());

  @BeforeAll
  static void trustTheRecords() {
    // The serdes tell Avro that the generated records may be made.
    new AvroSerde<>(PreferenceEvent.class).close();
  }

  @Test
  void shouldShowAnEventThatIsAccepted() throws IOException {
    // Given
    PreferenceEvent shown = shown().get(0);

    // When
    UserEvent event = reader.read(shown, shown.getUserId(), SOURCE);

    // Then
    assertThat(event.feedback().getComparisons())
        .containsExactly(new Comparison(1, 0, 1f, 0f, false));
    assertThat(event.requestId()).isEqualTo("r-90210");
  }

  @Test
  void shouldShowHowThatEventIsWithdrawn() throws IOException {
    // Given
    PreferenceEvent original = shown().get(0);
    PreferenceEvent shown = shown().get(1);

    // When
    UserEvent event = reader.read(shown, original.getUserId(), SOURCE);

    // Then
    assertThat(event.feedback()).isNull();
    assertThat(event.eventId()).isEqualTo(original.getEventId());
    assertThat(event.revision()).isGreaterThan(original.getRevision());
    assertThat(shown.getOccurredAt()).isEqualTo(original.getOccurredAt());
  }

  private static List<PreferenceEvent> shown() throws IOException {
    String manual = Files.readString(Path.of("..", "docs", "events.md"));
    return Pattern.compile("```json\n(.*?)```", Pattern.DOTALL)
        .matcher(manual)
        .results()
        .map(match -> event(match.group(1)))
        .toList();
  }

  private static PreferenceEvent event(String json) {
    try {
      return new SpecificDatumReader<>(PreferenceEvent.class)
          .read(null, DecoderFactory.get().jsonDecoder(PreferenceEvent.getClassSchema(), json));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
