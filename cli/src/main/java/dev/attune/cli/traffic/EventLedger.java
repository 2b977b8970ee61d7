package dev.attune.cli.traffic;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * Follows each event from its place in attune.preferences to what ingest made of it. What counts is
 * what ingest committed, never what the simulation believes; records of others in the same topics
 * are left out. Thread-safe.
 */
public final class EventLedger {
  private final Set<Place> sent = new HashSet<>();
  private final Map<Place, Integer> accepted = new HashMap<>();
  private final Map<Place, Integer> rejected = new HashMap<>();
  private final Map<Place, Integer> quarantined = new HashMap<>();
  private final Set<Place> covered = new HashSet<>();

  /** The broker acknowledged an event there. */
  public synchronized void sent(Place place) {
    sent.add(place);
  }

  /** A committed by-domain bucket carries feedback of the event there. */
  public synchronized void accepted(Place place) {
    accepted.merge(place, 1, Integer::sum);
  }

  /** A committed record of the rejected topic names the event there. */
  public synchronized void rejected(Place place) {
    rejected.merge(place, 1, Integer::sum);
  }

  /** A committed record of the quarantined topic names the event there. */
  public synchronized void quarantined(Place place) {
    quarantined.merge(place, 1, Integer::sum);
  }

  /** A committed by-user bucket covers the event there, without feedback of it. */
  public synchronized void covered(Place place) {
    covered.add(place);
  }

  public synchronized EventAccounts accounts() {
    long acceptedOnes = 0;
    long rejectedOnes = 0;
    long quarantinedOnes = 0;
    long duplicates = 0;
    long open = 0;
    long repeated = 0;
    for (Place place : sent) {
      int asFeedback = accepted.getOrDefault(place, 0);
      int asRejected = rejected.getOrDefault(place, 0);
      int asQuarantined = quarantined.getOrDefault(place, 0);
      // What was quarantined may be released later, and then be accepted.
      if (asFeedback + asRejected > 1 || asRejected + asQuarantined > 1) {
        repeated++;
      }
      if (asFeedback > 0) {
        acceptedOnes++;
      } else if (asRejected > 0) {
        rejectedOnes++;
      } else if (asQuarantined > 0) {
        quarantinedOnes++;
      } else if (covered.contains(place)) {
        duplicates++;
      } else {
        open++;
      }
    }
    return new EventAccounts(
        sent.size(), acceptedOnes, rejectedOnes, quarantinedOnes, duplicates, open, repeated);
  }
}
