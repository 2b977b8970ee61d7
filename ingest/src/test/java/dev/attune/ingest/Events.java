package dev.attune.ingest;

import dev.attune.schemas.events.Candidate;
import dev.attune.schemas.events.Choice;
import dev.attune.schemas.events.PreferenceEvent;
import dev.attune.schemas.events.Turn;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** Events for tests. */
public final class Events {
  public static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");

  private Events() {}

  /** A choice of the first of candidates a, b, c, … */
  public static PreferenceEvent.Builder choice(String user, String eventId, int candidates) {
    return event(user, eventId, candidates).setSignal(new Choice("a"));
  }

  /** Everything but the signal. */
  public static PreferenceEvent.Builder event(String user, String eventId, int candidates) {
    return PreferenceEvent.newBuilder()
        .setEventId(eventId)
        .setUserId(user)
        .setDomain("cooking")
        .setOccurredAt(NOW)
        .setPrompt(List.of(new Turn("user", "What can I make of leeks?")))
        .setCandidates(candidates(candidates));
  }

  public static List<Candidate> candidates(int count) {
    List<Candidate> candidates = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      String id = String.valueOf((char) ('a' + i));
      candidates.add(new Candidate(id, "reply " + id));
    }
    return candidates;
  }
}
