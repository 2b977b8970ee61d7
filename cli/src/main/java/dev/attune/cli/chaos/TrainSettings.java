package dev.attune.cli.chaos;

import dev.attune.cli.CliException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What {@code attune chaos train} does.
 *
 * @param data holds {@code ukpconvarg} and {@code general}; null: made-up events
 * @param events of domains; those of general come before them
 * @param kills of brokers and trainers together
 * @param brokers with fewer than 3 none is killed: nothing could be promised
 * @param instances trainer processes
 * @param seed of the buckets, the kills and the policy
 * @param trainerSettings further settings of the trainer processes, by their names
 */
record TrainSettings(
    @Nullable Path data,
    int events,
    int kills,
    int brokers,
    int instances,
    long seed,
    Duration timeout,
    Map<String, String> trainerSettings) {
  private static final int MOST_PROCESSES = 9;

  TrainSettings {
    trainerSettings = Map.copyOf(trainerSettings);
    require(events >= 1 && events <= 1_000_000, "--events", events, "1 to 1000000");
    require(kills >= 0 && kills <= events, "--kills", kills, "0 to the number of events");
    require(
        brokers == 1 || (brokers >= 3 && brokers <= MOST_PROCESSES),
        "--brokers",
        brokers,
        "1 (then none is killed) or 3 to 9");
    require(instances >= 1 && instances <= MOST_PROCESSES, "--instances", instances, "1 to 9");
  }

  private static void require(boolean holds, String option, int value, String allowed) {
    if (!holds) {
      throw new CliException(option + " " + value + ": allowed is " + allowed);
    }
  }
}
