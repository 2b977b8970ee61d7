package dev.attune.ingest.admission;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.stream.Stream;
import org.apache.kafka.common.errors.SerializationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class SeenEventSerdeTest {
  private final SeenEventSerde serde = new SeenEventSerde();

  static Stream<SeenEvent> events() {
    return Stream.of(
        new SeenEvent(0, "general", 0, 0, 1, 0, false),
        new SeenEvent(3, "general.helpful", 7, 123_456_789_012L, 0, 0, true),
        new SeenEvent(
            Integer.MAX_VALUE,
            "d",
            Integer.MAX_VALUE,
            Long.MAX_VALUE,
            Integer.MAX_VALUE,
            Integer.MAX_VALUE,
            false),
        new SeenEvent(
            Integer.MIN_VALUE,
            "d",
            Integer.MIN_VALUE,
            Long.MIN_VALUE,
            Integer.MIN_VALUE,
            Integer.MIN_VALUE,
            true));
  }

  @ParameterizedTest
  @MethodSource("events")
  void shouldReadWhatItWrote(SeenEvent event) {
    // When
    byte[] bytes = serde.serializer().serialize("topic", event);

    // Then
    assertThat(serde.deserializer().deserialize("topic", bytes)).isEqualTo(event);
  }

  @Test
  void shouldBeSmall() {
    // Given
    SeenEvent event = new SeenEvent(0, "cooking", 5, 1_000_000_000L, 3, 0, false);

    // When
    byte[] bytes = serde.serializer().serialize("topic", event);

    // Then
    assertThat(bytes).hasSizeLessThan(20);
  }

  @Test
  void shouldRefuseANewerVersion() {
    // Given
    byte[] bytes = {2, 0, 0, 0, 0, 0, 0};

    // Then
    assertThatThrownBy(() -> serde.deserializer().deserialize("topic", bytes))
        .isInstanceOf(SerializationException.class)
        .hasMessageContaining("version 2");
  }
}
