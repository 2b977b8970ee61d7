package dev.attune.ingest.admission;

import dev.attune.ingest.event.SourceRecord;
import dev.attune.ingest.event.UserEvent;
import dev.attune.schemas.events.Comparison;
import dev.attune.schemas.events.Feedback;
import dev.attune.schemas.events.Position;
import dev.attune.schemas.events.Reply;
import dev.attune.schemas.events.Turn;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Valid events as the guard sees them. */
final class Reactions {
  private Reactions() {}

  /** One reply of those at positions 0, 1, … is preferred to all others. */
  static UserEvent choice(String user, String prompt, int preferred, int shown, long at) {
    List<Comparison> comparisons = new ArrayList<>();
    for (int other = 0; other < shown; other++) {
      if (other != preferred) {
        comparisons.add(new Comparison(preferred, other, 1f, 0f, false));
      }
    }
    return event(user, at, feedback(prompt, replies(shown), comparisons, shown), true);
  }

  static UserEvent event(String user, long at, Feedback feedback, boolean sideBySide) {
    SourceRecord source =
        new SourceRecord(
            new Position("attune.preferences", 0, 7L), at, ByteBuffer.allocate(0), Map.of(), false);
    return new UserEvent(source, user, "cooking", "e", 0, feedback, null, null, sideBySide);
  }

  static Feedback feedback(
      String prompt, List<Reply> replies, List<Comparison> comparisons, int shown) {
    return Feedback.newBuilder()
        .setEventId("e")
        .setOffset(7L)
        .setOccurredAt(Instant.EPOCH)
        .setPrompt(List.of(new Turn("user", prompt)))
        .setReplies(replies)
        .setComparisons(comparisons)
        .setJudgements(List.of())
        .setShown(shown)
        .build();
  }

  static List<Reply> replies(int count) {
    List<Reply> replies = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      replies.add(reply("reply " + i, i));
    }
    return replies;
  }

  static Reply reply(String text, int position) {
    return new Reply("id of " + text, text, null, position, null, null);
  }
}
