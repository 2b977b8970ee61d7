package dev.attune.ingest;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What counts, said once more and as simply as can be: the oracle of {@link SpecificationTest}. */
final class Specification {
  /** A valid event; teaches: what it would add, which no other record does. */
  record Event(
      List<String> userAndId,
      int revision,
      boolean withdrawn,
      long occurredAt,
      boolean heldBack,
      String teaches) {}

  private record Remembered(Event event, long firstAt) {}

  static final long WINDOW_MILLIS = 600_000;
  static final long SKEW_MILLIS = 300_000;

  final Map<String, List<String>> taughtByUser = new HashMap<>();
  private final Map<List<String>, Remembered> remembered = new HashMap<>();

  /** Reads an event that the broker got at this time, and says what becomes of it. */
  String read(Event event, long at) {
    Remembered found = remembered.get(event.userAndId);
    boolean known = found != null && at - found.firstAt <= WINDOW_MILLIS;
    if (known && found.event.revision >= event.revision) {
      return "duplicate";
    } else if (!event.withdrawn) {
      if (!known && event.revision > 0 && event.occurredAt < at - WINDOW_MILLIS + SKEW_MILLIS) {
        return "rejected";
      } else if (event.heldBack) {
        return "quarantined";
      }
    }
    String user = event.userAndId.get(0);
    List<String> taught = taughtByUser.computeIfAbsent(user, absent -> new ArrayList<>());
    if (known) {
      taught.remove(found.event.teaches);
    }
    if (!event.withdrawn) {
      taught.add(event.teaches);
    }
    remembered.put(event.userAndId, new Remembered(event, known ? found.firstAt : at));
    return event.withdrawn ? "withdrawn" : known ? "corrected" : "accepted";
  }

  void erase(String user) {
    taughtByUser.remove(user);
    remembered.keySet().removeIf(userAndId -> userAndId.get(0).equals(user));
  }
}
