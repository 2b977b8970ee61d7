package dev.attune.ingest.admission;

import static dev.attune.ingest.admission.Reactions.feedback;
import static dev.attune.ingest.admission.Reactions.reply;
import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.ingest.event.UserEvent;
import dev.attune.schemas.events.Feedback;
import dev.attune.schemas.events.Reply;
import java.util.List;
import org.junit.jupiter.api.Test;

class TextHashTest {
  private final TextHash hash = new TextHash();

  @Test
  void shouldBeTheSameForTheSameTextsInAnotherOrder() {
    // Given
    long one = hash("Why?", reply("a", 0), reply("b", 1));

    // When
    long other = hash("Why?", reply("b", 0), reply("a", 1));

    // Then
    assertThat(other).isEqualTo(one);
  }

  @Test
  void shouldDifferWhereATextDiffers() {
    // When
    long one = hash("Why?", reply("ab", 0), reply("c", 1));

    // Then
    assertThat(hash("Why?", reply("a", 0), reply("bc", 1))).isNotEqualTo(one);
    assertThat(hash("Why not?", reply("ab", 0), reply("c", 1))).isNotEqualTo(one);
    assertThat(hash("Why?", reply("ab", 0))).isNotEqualTo(one);
  }

  private long hash(String prompt, Reply... replies) {
    Feedback feedback = feedback(prompt, List.of(replies), List.of(), replies.length);
    UserEvent event = Reactions.event("ann", 0, feedback, true);
    return hash.of(event, feedback);
  }
}
