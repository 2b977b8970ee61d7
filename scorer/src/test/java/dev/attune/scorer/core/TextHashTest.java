package dev.attune.scorer.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.schemas.events.ScoreRequest;
import dev.attune.schemas.events.Turn;
import java.util.List;
import org.junit.jupiter.api.Test;

class TextHashTest {
  @Test
  void shouldBeTheSameForTheSameTexts() {
    // Given
    ScoreRequest other = Requests.of("2", "b", "a").setUserId("other").build();

    // When
    TextHash[] hashes = TextHash.of(Requests.of("1", "a", "b").build());

    // Then
    assertThat(hashes).doesNotHaveDuplicates();
    assertThat(TextHash.of(other)).containsExactly(hashes[1], hashes[0]);
  }

  @Test
  void shouldTellWhereATextEnds() {
    // Given
    List<ScoreRequest> alike =
        List.of(
            request("b", new Turn("user", "a")),
            request("", new Turn("user", "ab")),
            request("b", new Turn("usera", "")),
            request("b", new Turn("user", ""), new Turn("a", "")),
            request("b", new Turn("user", "a"), new Turn("", "")));

    // When
    List<TextHash> hashes = alike.stream().map(request -> TextHash.of(request)[0]).toList();

    // Then
    assertThat(hashes).doesNotHaveDuplicates();
  }

  private static ScoreRequest request(String reply, Turn... prompt) {
    return Requests.of("r", reply).setPrompt(List.of(prompt)).build();
  }
}
