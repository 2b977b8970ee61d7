package dev.attune.cli.serving;

import dev.attune.cli.CliException;
import dev.attune.model.engine.Precision;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * What {@code attune bench score} does.
 *
 * @param base folder of the base model
 * @param precision of all passes
 * @param concurrent requests that are under way at a time, one row each; the headline is {@link
 *     #HEADLINE}'s, or else the last one's
 * @param seconds of one measurement
 * @param rounds in which all measurements take turns
 * @param settings further settings of the scorer, by their names
 */
public record ServingSettings(
    Path base,
    Precision precision,
    List<Integer> concurrent,
    double seconds,
    int rounds,
    Map<String, String> settings) {
  /** Concurrent requests of the headline. */
  static final int HEADLINE = 16;

  private static final int MOST_CONCURRENT = 1_024;

  /** Checks every component. */
  public ServingSettings {
    concurrent = List.copyOf(concurrent);
    settings = Map.copyOf(settings);
    for (int each : concurrent) {
      require(each >= 1 && each <= MOST_CONCURRENT, "--concurrent", each, "1 to 1024");
    }
    require(!concurrent.isEmpty(), "--concurrent", "", "one number or more");
    require(seconds > 0 && seconds <= 3_600, "--seconds", seconds, "above 0, to 3600");
    require(rounds >= 1 && rounds <= 1_000, "--rounds", rounds, "1 to 1000");
  }

  int headline() {
    return concurrent.contains(HEADLINE) ? HEADLINE : concurrent.get(concurrent.size() - 1);
  }

  private static void require(boolean holds, String option, Object value, String allowed) {
    if (!holds) {
      throw new CliException(option + " " + value + ": allowed is " + allowed);
    }
  }
}
