package dev.attune.ingest.event;

import dev.attune.platform.ConfigException;
import java.time.Duration;
import java.util.Set;

/**
 * What an event may hold. Lengths are in UTF-16 units.
 *
 * @param maxEventBytes of the record's value
 * @param maxIdLength of event, user, request and candidate ids and of domains; at most {@link
 *     #MAX_ID_LENGTH}
 * @param maxTurns of a prompt
 * @param maxTurnLength of one turn's text
 * @param maxCandidates shown in one event; n of them can give n(n−1)/2 comparisons
 * @param maxReplyLength of one candidate's text
 * @param maxCorrectionLength of an edit's corrected text
 * @param maxUserTextLength of what the user says of themself
 * @param maxAttributes of one event
 * @param maxAttributeLength of an attribute's value; its name is as long as an id at most
 * @param roles that a turn may have
 * @param clockSkew how far the event's time may lie after the broker's
 */
public record EventLimits(
    int maxEventBytes,
    int maxIdLength,
    int maxTurns,
    int maxTurnLength,
    int maxCandidates,
    int maxReplyLength,
    int maxCorrectionLength,
    int maxUserTextLength,
    int maxAttributes,
    int maxAttributeLength,
    Set<String> roles,
    Duration clockSkew) {
  /** The longest that any setting lets an id be; record keys are never longer. */
  public static final int MAX_ID_LENGTH = 256;

  private static final int TEXT_LENGTH = 32_768;

  public EventLimits {
    requirePositive("max-event-bytes", maxEventBytes);
    requirePositive("max-id-length", maxIdLength);
    requirePositive("max-turns", maxTurns);
    requirePositive("max-turn-length", maxTurnLength);
    requirePositive("max-candidates", maxCandidates);
    requirePositive("max-reply-length", maxReplyLength);
    requirePositive("max-correction-length", maxCorrectionLength);
    requirePositive("max-user-text-length", maxUserTextLength);
    requirePositive("max-attributes", maxAttributes + 1);
    requirePositive("max-attribute-length", maxAttributeLength);
    if (maxIdLength > MAX_ID_LENGTH) {
      throw new ConfigException("max-id-length = " + maxIdLength + "; at most " + MAX_ID_LENGTH);
    }
    if (clockSkew.isNegative()) {
      throw new ConfigException("clock-skew must not be negative");
    }
    roles = Set.copyOf(roles);
    if (roles.isEmpty()) {
      throw new ConfigException("there must be a role that a turn may have");
    }
  }

  /** Fit for a chat product. */
  public static EventLimits defaults() {
    return new EventLimits(
        512 << 10,
        MAX_ID_LENGTH,
        256,
        TEXT_LENGTH,
        16,
        TEXT_LENGTH,
        TEXT_LENGTH,
        TEXT_LENGTH,
        32,
        1024,
        Set.of("system", "user", "assistant"),
        Duration.ofMinutes(5));
  }

  private static void requirePositive(String name, int value) {
    if (value < 1) {
      throw new ConfigException(name + " = " + value + " is too small");
    }
  }
}
