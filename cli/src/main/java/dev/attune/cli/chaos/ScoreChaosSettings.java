package dev.attune.cli.chaos;

import dev.attune.cli.CliException;
import dev.attune.scorer.kafka.Delivery;
import java.time.Duration;
import java.util.Map;

/**
 * What {@code attune chaos score} does.
 *
 * @param requests records sent, repeated and broken ones included
 * @param kills of brokers and scorers together
 * @param leaves of scorers, in good order
 * @param brokers with fewer than 3 none is killed: nothing could be promised
 * @param instances scorer processes
 * @param seed of the requests, the models and the kills
 * @param rate records sent a second
 * @param delivery of the scorers: whether a request may be answered more than once
 * @param scorerSettings further settings of the scorer processes, by their names
 */
record ScoreChaosSettings(
    int requests,
    int kills,
    int leaves,
    int brokers,
    int instances,
    long seed,
    int rate,
    Delivery delivery,
    Duration timeout,
    Map<String, String> scorerSettings) {
  private static final int MOST_PROCESSES = 9;

  ScoreChaosSettings {
    scorerSettings = Map.copyOf(scorerSettings);
    require(requests >= 1 && requests <= 1_000_000, "--requests", requests, "1 to 1000000");
    require(kills >= 0 && kills <= requests, "--kills", kills, "0 to the number of requests");
    require(leaves >= 0 && leaves <= requests, "--leaves", leaves, "0 to the number of requests");
    require(
        brokers == 1 || (brokers >= 3 && brokers <= MOST_PROCESSES),
        "--brokers",
        brokers,
        "1 (then none is killed) or 3 to 9");
    require(instances >= 1 && instances <= MOST_PROCESSES, "--instances", instances, "1 to 9");
    require(rate >= 1, "--rate", rate, "1 or more");
  }

  /** Whether each request must have one answer and no more. */
  boolean once() {
    return delivery == Delivery.TRANSACTIONS;
  }

  private static void require(boolean holds, String option, int value, String allowed) {
    if (!holds) {
      throw new CliException(option + " " + value + ": allowed is " + allowed);
    }
  }
}
