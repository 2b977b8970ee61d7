package dev.attune.cli.chaos;

import dev.attune.cli.CliException;
import java.time.Duration;
import java.util.Map;

/**
 * What {@code attune chaos ingest} does.
 *
 * @param events records sent, resent and broken ones included
 * @param kills of brokers and ingest processes together
 * @param seed of the traffic and of the kills
 * @param rate records sent a second
 * @param corrections whether some events are corrected or withdrawn by higher revisions
 * @param ingestSettings further settings of the ingest processes, by their names
 */
record ChaosSettings(
    int events,
    int kills,
    int brokers,
    int instances,
    long seed,
    int rate,
    boolean corrections,
    Duration timeout,
    Map<String, String> ingestSettings) {
  private static final int LEAST_BROKERS = 3;
  private static final int MOST_PROCESSES = 9;

  ChaosSettings {
    ingestSettings = Map.copyOf(ingestSettings);
    require(events >= 1 && events <= 10_000_000, "--events", events, "1 to 10000000");
    require(kills >= 0 && kills <= events, "--kills", kills, "0 to the number of events");
    require(
        brokers >= LEAST_BROKERS && brokers <= MOST_PROCESSES,
        "--brokers",
        brokers,
        "3 to 9: with one of them away two must have a record");
    require(instances >= 1 && instances <= MOST_PROCESSES, "--instances", instances, "1 to 9");
    require(rate >= 1, "--rate", rate, "1 or more");
  }

  private static void require(boolean holds, String option, int value, String allowed) {
    if (!holds) {
      throw new CliException(option + " " + value + ": allowed is " + allowed);
    }
  }
}
