package dev.attune.ingest.admission;

import static dev.attune.ingest.admission.Reactions.feedback;
import static dev.attune.ingest.admission.Reactions.replies;
import static dev.attune.ingest.admission.Reactions.reply;
import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.ingest.event.UserEvent;
import dev.attune.schemas.events.Comparison;
import dev.attune.schemas.events.Feedback;
import dev.attune.schemas.events.Reply;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class PreferredPositionTest {

  @Test
  void shouldBeThatOfTheBestOfARanking() {
    // Given
    Feedback ranking =
        feedback("q", replies(3), List.of(better(2, 0), better(2, 1), better(0, 1)), 3);

    // When
    OptionalInt position = position(ranking, true);

    // Then
    assertThat(position).hasValue(2);
  }

  @Test
  void shouldBeThatAmongAllShown() {
    // Given
    Feedback rated = feedback("q", List.of(reply("a", 1), reply("b", 4)), List.of(better(1, 0)), 5);

    // When
    OptionalInt position = position(rated, true);

    // Then
    assertThat(position).hasValue(4);
  }

  @Test
  void shouldBeUnknownWhereNothingWasChosen() {
    // Given
    List<Comparison> first = List.of(better(0, 1));
    List<Comparison> tied = List.of(new Comparison(0, 1, 1f, 0f, true));
    List<Comparison> twoBest =
        List.of(new Comparison(0, 1, 1f, 0f, true), better(0, 2), better(1, 2));
    List<Reply> corrected = List.of(reply("b", -1), reply("a", 0));

    // When
    OptionalInt regenerated = position(feedback("q", replies(2), first, 2), false);

    // Then
    assertThat(regenerated).isEmpty();
    assertThat(position(feedback("q", replies(2), tied, 2), true)).isEmpty();
    assertThat(position(feedback("q", replies(3), twoBest, 3), true)).isEmpty();
    assertThat(position(feedback("q", replies(1), List.of(), 1), true)).isEmpty();
    assertThat(position(feedback("q", corrected, first, 2), true)).isEmpty();
  }

  private static Comparison better(int preferred, int other) {
    return new Comparison(preferred, other, 1f, 0f, false);
  }

  private static OptionalInt position(Feedback feedback, boolean sideBySide) {
    UserEvent event = Reactions.event("ann", 0, feedback, sideBySide);
    return PreferredPosition.of(event, feedback);
  }
}
