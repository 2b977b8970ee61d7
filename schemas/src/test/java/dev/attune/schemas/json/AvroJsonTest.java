package dev.attune.schemas.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.attune.schemas.events.Candidate;
import dev.attune.schemas.events.PreferenceEvent;
import dev.attune.schemas.events.Ranking;
import dev.attune.schemas.events.Ratings;
import dev.attune.schemas.events.ScoreRequest;
import dev.attune.schemas.events.Turn;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AvroJsonTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @Test
  void shouldReadWhatItWrites() throws Exception {
    // Given
    PreferenceEvent event =
        PreferenceEvent.newBuilder()
            .setEventId("e")
            .setUserId("u")
            .setOccurredAt(Instant.ofEpochMilli(1_700_000_000_123L))
            .setPrompt(List.of(new Turn("user", "q")))
            .setCandidates(List.of(new Candidate("a", "x"), new Candidate("b", "y")))
            .setSignal(new Ranking(List.of(List.of("b"), List.of("a"))))
            .setAttributes(Map.of("k", "v"))
            .build();

    // When
    PreferenceEvent read = AvroJson.read(AvroJson.write(event), PreferenceEvent.class);

    // Then
    assertThat(read).isEqualTo(event);
  }

  @Test
  void shouldFillInDefaults() throws Exception {
    // Given
    JsonNode json =
        json("{'requestId': 'r', 'userId': 'u', 'prompt': [], 'candidates': [], 'deadline': 5}");

    // When
    ScoreRequest request = AvroJson.read(json, ScoreRequest.class);

    // Then
    assertThat(request.getGenerate()).isZero();
    assertThat(request.getDomain()).isNull();
    assertThat(request.getDeadline()).isEqualTo(Instant.ofEpochMilli(5));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {}                                          | requestId is missing
          {'requestId': 'r', 'user': 'u'}             | user is no field of ScoreRequest
          {'requestId': 7}                            | requestId must be a string
          {'requestId': 'r', 'userId': 'u', 'prompt': [{'role': 'user'}]} | prompt[0].text is missing
          {'requestId': 'r', 'userId': '\\ud83d'}      | userId has half of a surrogate pair
          {'requestId': 'r', '\\u0007\\udead': 'u'}    | \ufffd\ufffd is no field of ScoreRequest
          {'requestId': 'r', 'userId': 'u', 'prompt': [], 'candidates': [], 'deadline': '+1000000000-12-31T23:59:59Z'} | deadline must be a time as 2026-01-31T12:00:00Z, or milliseconds since 1970
          """)
  void shouldNameTheFieldAtFault(String text, String message) throws IOException {
    // Given
    JsonNode json = json(text.replace("~", "'"));

    // When
    var thrown = assertThatThrownBy(() -> AvroJson.read(json, ScoreRequest.class));

    // Then
    thrown.isInstanceOf(AvroJson.InvalidRecord.class).hasMessage(message);
  }

  @Test
  void shouldKeepNumbersFinite() throws IOException {
    // Given
    JsonNode json = json("{'ratings': {'a': 1e999}}");

    // When
    var thrown = assertThatThrownBy(() -> AvroJson.read(json, Ratings.class));

    // Then
    thrown.isInstanceOf(AvroJson.InvalidRecord.class).hasMessage("ratings.a must be a number");
  }

  private static JsonNode json(String withSingleQuotes) throws IOException {
    return JSON.readTree(withSingleQuotes.replace('\'', '"'));
  }
}
