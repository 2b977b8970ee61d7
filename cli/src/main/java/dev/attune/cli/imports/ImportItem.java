package dev.attune.cli.imports;

import dev.attune.schemas.events.PreferenceEvent;

/** What one row of a data set gives: an event, or the reason why it gives none. */
public sealed interface ImportItem {
  /** The row is a preference event. */
  record Event(PreferenceEvent event) implements ImportItem {}

  /**
   * The row is well-formed but no event can be made of it.
   *
   * @param where file and line
   * @param reason what is missing, the same words for the same fault
   */
  record Skipped(String where, String reason) implements ImportItem {}
}
