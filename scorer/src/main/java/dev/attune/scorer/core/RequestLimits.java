package dev.attune.scorer.core;

/**
 * What a request may hold.
 *
 * @param candidates how many at most
 * @param characters of prompt, candidates and user text together at most
 * @param replies that a request may ask for at most; 0: none are generated
 */
public record RequestLimits(int candidates, int characters, int replies) {
  /**
   * Characters of each id and of the domain at most. An answer repeats them, so that without a
   * limit one request could make an answer that the broker does not take.
   */
  public static final int IDENTIFIER = 500;

  public RequestLimits {
    if (candidates < 1 || characters < 1 || replies < 0) {
      throw new IllegalArgumentException(
          "candidates is %d, characters %d, replies %d; allowed are 1, 1, 0 or more"
              .formatted(candidates, characters, replies));
    }
  }

  /** An id as an answer may repeat it: its first {@link #IDENTIFIER} characters. */
  static String cut(String identifier) {
    return identifier.length() <= IDENTIFIER ? identifier : identifier.substring(0, IDENTIFIER);
  }
}
