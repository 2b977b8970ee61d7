package dev.attune.ingest.admission;

/**
 * A token bucket: each event takes one token, and tokens come back at a constant rate up to the
 * burst. Its clock is the broker's append time, which no client can set; a time before the last one
 * (two brokers' clocks differ) brings nothing back. Immutable.
 *
 * @param tokens at that time, 0 to the burst
 * @param at milliseconds since 1970
 */
record TokenBucket(double tokens, long at) {
  private static final double MILLIS_PER_MINUTE = 60_000;

  static TokenBucket full(int burst, long at) {
    return new TokenBucket(burst, at);
  }

  TokenBucket refilled(long now, int perMinute, int burst) {
    long clock = Math.max(at, now);
    double more = (clock - at) * (perMinute / MILLIS_PER_MINUTE);
    return new TokenBucket(Math.min(burst, tokens + more), clock);
  }

  boolean isEmpty() {
    return tokens < 1;
  }

  TokenBucket taken() {
    return new TokenBucket(tokens - 1, at);
  }
}
