package dev.attune.ingest.admission;

import dev.attune.ingest.event.UserEvent;
import java.util.Optional;

/**
 * Looks at an event that would count and says whether it is to be held back. Remembers what it was
 * asked: each event is shown to it once. One task's; not thread-safe.
 */
public interface AbuseGuard {

  /**
   * Why an event is held back.
   *
   * @param message for a person; never the user's text
   */
  record Quarantine(QuarantineReason reason, String message) {}

  /**
   * Empty: the event may pass. Called in the order of the user's records, with the broker's times.
   */
  Optional<Quarantine> examine(UserEvent event);

  /** Lets all pass. */
  static AbuseGuard none() {
    return event -> Optional.empty();
  }
}
