package dev.attune.ingest.event;

import dev.attune.platform.ConfigException;
import java.time.Duration;

/**
 * What an event may hold.
 *
 * @param maxEventBytes of the record's value
 * @param maxTextLength of one turn, reply, correction or user text, in UTF-16 units
 * @param maxCandidates shown in one event; n of them can give n(n−1)/2 comparisons
 * @param clockSkew how far the event's time may lie after the broker's
 */
public record EventLimits(
    int maxEventBytes, int maxTextLength, int maxCandidates, Duration clockSkew) {
  /** Of event ids, user ids, candidate ids and domains, in UTF-16 units. */
  public static final int MAX_ID_LENGTH = 256;

  public EventLimits {
    if (maxEventBytes < 1 || maxTextLength < 1 || maxCandidates < 1 || clockSkew.isNegative()) {
      throw new ConfigException("the limits of events must be positive");
    }
  }
}
