package dev.attune.cli.freshness;

import dev.attune.cli.CliException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * What {@code attune bench freshness} does.
 *
 * @param base folder of the base model
 * @param rate events a second
 * @param firstEvents that come before all else, until rows have learned them; 0: none
 * @param warmUp seconds before the measurement
 * @param seconds of the measurement
 * @param users who take turns
 * @param sampleEvery of so many events one is asked for
 * @param seed of users, texts and choices
 * @param settings of the services, by their names; {@link #SERVICES} where they say nothing
 */
public record FreshnessSettings(
    Path base,
    int rate,
    int firstEvents,
    int warmUp,
    int seconds,
    int users,
    int sampleEvery,
    long seed,
    Map<String, String> settings) {

  /**
   * What two cores can keep up with at the default rate. Each event is learned by a reward model, a
   * head and a row; nothing is learned twice (no replay), passes are shared, texts are cut, and a
   * domain's version is decided on every 256 events.
   */
  static final Map<String, String> SERVICES =
      Map.ofEntries(
          Map.entry("trainer.pipelines", "rewards,users,policy"),
          Map.entry("trainer.learning.replay", "0"),
          Map.entry("trainer.learning.general-replay", "0"),
          Map.entry("trainer.learning.batch-events", "64"),
          Map.entry("trainer.learning.prompt-tokens", "64"),
          Map.entry("trainer.learning.reply-tokens", "96"),
          Map.entry("trainer.gate.minimum-events", "256"),
          Map.entry("trainer.gate.anchors", "256"),
          Map.entry("trainer.gate.general", "64"),
          Map.entry("trainer.policy.first-events", "512"),
          Map.entry("trainer.policy.sample-events", "1024"),
          Map.entry("trainer.policy.steps", "48"),
          Map.entry("trainer.policy.prompt-tokens", "64"),
          Map.entry("trainer.policy.reply-tokens", "96"),
          Map.entry("trainer.policy.duty-cycle", "0.25"),
          Map.entry("trainer.users.batched", "true"));

  public FreshnessSettings {
    Map<String, String> all = new HashMap<>(SERVICES);
    all.putAll(settings);
    settings = Map.copyOf(all);
    require(rate >= 1 && rate <= 10_000, "--rate", rate, "1 to 10000");
    require(firstEvents >= 0, "--first-events", firstEvents, "0 or more");
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
