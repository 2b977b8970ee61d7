package dev.attune.cli.chaos;

import dev.attune.cli.traffic.Place;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What ingest should make of each record: its rules, written down once more and apart from it.
 * Records are to be entered in the order of their partition. Not thread-safe.
 */
final class Verdicts {
  /** What a record is. */
  enum Verdict {
    ACCEPTED,
    CORRECTED,
    WITHDRAWN,
    DUPLICATE,
    QUARANTINED,
    REJECTED;

    /** Whether buckets get feedback of it. */
    boolean learned() {
      return this == ACCEPTED || this == CORRECTED;
    }
  }

  private record Latest(int revision, @Nullable Place learned) {}

  private final Map<Place, Verdict> verdicts = new HashMap<>();
  private final Map<String, Latest> latest = new HashMap<>();
  private final Set<Place> counting = new HashSet<>();

  /**
   * Enters a record.
   *
   * @param heldBack whether ingest quarantined it, which is its own to decide
   */
  void enter(Place place, ChaosEvent event, boolean heldBack) {
    verdicts.put(place, verdict(place, event, heldBack));
  }

  private Verdict verdict(Place place, ChaosEvent event, boolean heldBack) {
    if (!event.valid()) {
      return Verdict.REJECTED;
    }
    String id = event.userId() + '\0' + event.eventId();
    Latest before = latest.get(id);
    if (before != null && before.revision() >= event.revision()) {
      return Verdict.DUPLICATE;
    }
    if (heldBack && !event.withdrawn()) {
      return Verdict.QUARANTINED;
    }
    if (before != null && before.learned() != null) {
      counting.remove(before.learned());
    }
    latest.put(id, new Latest(event.revision(), event.withdrawn() ? null : place));
    if (event.withdrawn()) {
      return Verdict.WITHDRAWN;
    }
    counting.add(place);
    return before == null ? Verdict.ACCEPTED : Verdict.CORRECTED;
  }

  Map<Place, Verdict> all() {
    return verdicts;
  }

  /** Whether the record's feedback is the latest of its event, and so must count. */
  boolean counts(Place place) {
    return counting.contains(place);
  }
}
