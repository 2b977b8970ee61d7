package dev.attune.cli.freshness;

import dev.attune.cli.CliException;
import java.nio.file.Path;
import java.util.Map;

/**
 * What {@code attune bench freshness} does.
 *
 * @param base folder of the base model
 * @param rate events a second
 * @param warmUp seconds before the measurement
 * @param seconds of the measurement
 * @param users who take turns
 * @param sampleEvery of so many events one is asked for
 * @param seed of users, texts and choices
 * @param settings further settings of the services, by their names
 */
public record FreshnessSettings(
    Path base,
    int rate,
    int warmUp,
    int seconds,
    int users,
    int sampleEvery,
    long seed,
    Map<String, String> settings) {

  public FreshnessSettings {
    settings = Map.copyOf(settings);
    require(rate >= 1 && rate <= 10_000, "--rate", rate, "1 to 10000");
    require(warmUp >= 0 && warmUp <= 3_600, "--warm-up", warmUp, "0 to 3600");
    require(seconds >= 1 && seconds <= 86_400, "--seconds", seconds, "1 to 86400");
    require(users >= 1 && users <= 1_000_000, "--users", users, "1 to 1000000");
    require(sampleEvery >= 1, "--sample-every", sampleEvery, "1 or more");
  }

  private static void require(boolean holds, String option, int value, String allowed) {
    if (!holds) {
      throw new CliException(option + " " + value + ": allowed is " + allowed);
    }
  }
}
