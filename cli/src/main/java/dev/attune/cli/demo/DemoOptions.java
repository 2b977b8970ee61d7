package dev.attune.cli.demo;

import dev.attune.cli.CliException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * How a demo runs.
 *
 * @param seconds of traffic
 * @param users simulated, over all domains
 * @param rate encounters a second
 * @param seed of users and encounters
 * @param port of the live page, 0 = a free one
 * @param open whether to open a browser
 * @param report folder for the report, or null
 */
record DemoOptions(
    double seconds,
    int users,
    double rate,
    long seed,
    int port,
    boolean open,
    @Nullable Path report) {

  DemoOptions {
    require(seconds >= 1 && seconds <= 86_400, "--seconds", seconds, "1 to 86400");
    int least = ChatSimulator.DOMAINS.size();
    require(users >= least && users <= 100_000, "--users", users, least + " to 100000");
    require(rate > 0 && rate <= 1000, "--rate", rate, "above 0, up to 1000");
    require(port >= 0 && port <= 65_535, "--port", port, "0 (any free one) to 65535");
  }

  private static void require(boolean met, String option, Number value, String allowed) {
    if (!met) {
      throw new CliException(option + " " + value + ": allowed is " + allowed);
    }
  }
}
