package dev.attune.ingest;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What counts, said once more and as simply as it can be: the oracle of {@link SpecificationTest}.
 */
final class Specification {
  /** A valid event; {@code at} is the broker's time, {@code heldBack} the guard's view. */
  record Event(
      String user,
      String id,
      int revision,
      boolean withdrawn,
      long occurredAt,
      boolean heldBack,
      String teaches) {}

  private record Remembered(int revision, boolean withdrawn, String teaches, long firstAt) {}

  private final long window;
  private final Map<List<String>, Remembered> remembered = new HashMap<>();

  /** By user: what their latest revisions teach, and on how many records what was done. */
  final Map<String, List<String>> taught = new HashMap<>();

  final Map<String, Long> outcomes = new HashMap<>();

  Specification(long window) {
    this.window = window;
  }

  String read(Event event, long at) {
    String outcome = decide(event, remembered.get(List.of(event.user(), event.id())), at);
    outcomes.merge(outcome, 1L, Long::sum);
    return outcome;
  }

  void readBad() {
    outcomes.merge("rejected", 1L, Long::sum);
  }

  void erase(String user) {
    remembered.keySet().removeIf(key -> key.get(0).equals(user));
    taught.remove(user);
  }

  private String decide(Event event, Remembered stored, long at) {
    Remembered before = stored == null || at - stored.firstAt() > window ? null : stored;
    if (before != null && before.revision() >= event.revision()) {
      return "duplicate";
    } else if (event.withdrawn()) {
      replace(event, before, at);
      return "withdrawn";
    } else if (before == null && event.revision() > 0 && event.occurredAt() < at - window) {
      return "rejected";
    } else if (event.heldBack()) {
      return "quarantined";
    }
    replace(event, before, at);
    taught.computeIfAbsent(event.user(), user -> new ArrayList<>()).add(event.teaches());
    return before == null ? "accepted" : "corrected";
  }

  private void replace(Event event, Remembered before, long at) {
    if (before != null && !before.withdrawn()) {
      taught.get(event.user()).remove(before.teaches());
    }
    long firstAt = before == null ? at : before.firstAt();
    remembered.put(
        List.of(event.user(), event.id()),
        new Remembered(event.revision(), event.withdrawn(), event.teaches(), firstAt));
  }
}
