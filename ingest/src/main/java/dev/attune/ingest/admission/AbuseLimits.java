package dev.attune.ingest.admission;

import dev.attune.platform.ConfigException;
import java.util.List;

/**
 * What one user may send before events are held back.
 *
 * @param eventsPerMinute at which the token bucket fills up; 0: no limit of rate
 * @param burst events that may come at once after a quiet time
 * @param repeatedTexts how many of the user's last {@link RepeatedTexts#CAPACITY} events may have
 *     the same texts; 0: any number
 * @param samePosition how many choices in a row may prefer the candidate at the same position; 0:
 *     any number
 * @param exempt user ids that are never held back; a trailing {@code *} stands for any ending
 */
public record AbuseLimits(
    int eventsPerMinute, int burst, int repeatedTexts, int samePosition, List<String> exempt) {

  public AbuseLimits {
    if (eventsPerMinute < 0 || burst < 1 || samePosition < 0) {
      throw new ConfigException("the limits of abuse must not be negative, and burst at least 1");
    }
    if (repeatedTexts < 0 || repeatedTexts > RepeatedTexts.CAPACITY) {
      throw new ConfigException("repeated texts must be 0 to " + RepeatedTexts.CAPACITY);
    }
    exempt = List.copyOf(exempt);
  }

  /** Whether this user's events are never held back. */
  boolean exempts(String userId) {
    return exempt.stream()
        .anyMatch(
            name ->
                name.endsWith("*")
                    ? userId.startsWith(name.substring(0, name.length() - 1))
                    : userId.equals(name));
  }

  boolean limitsRate() {
    return eventsPerMinute > 0;
  }

  boolean limitsRepeats() {
    return repeatedTexts > 0;
  }

  boolean limitsPositions() {
    return samePosition > 0;
  }
}
