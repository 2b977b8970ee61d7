package dev.attune.cli.stream;

import dev.attune.cli.CliException;
import java.util.Map;

/**
 * How the stream is sent.
 *
 * @param judgments how many judgments at most
 * @param chunk judgments that are asked about together, and then told
 * @param mostUnlearned events that the trainer may be behind when the next chunk goes out
 * @param users simulated users in all; 0 leaves them out
 * @param usersAtOnce simulated users who are there at a time
 * @param seed of the base, its training part, and the simulated users
 */
record StreamSettings(
    int judgments, int chunk, int mostUnlearned, int users, int usersAtOnce, long seed) {
  /**
   * The services' settings. A judgment has two replies of some 60 tokens, and the same 859 texts
   * come back again and again, so steps are larger than a chat's. There are 26 domains, each with
   * some thousand events: they are learned in closed form, and the states that they are learned on
   * change slowly. What is learned is to be served soon, however much was learned before: a
   * decision every 128 events, for any gain, and a person may judge dozens of pairs in a row. Every
   * fifth judgment is a tie, which the figures leave out. Rows have no part in rewards unless a
   * domain asks for it, so they are left out.
   */
  static final Map<String, String> SERVICES =
      Map.ofEntries(
          Map.entry("trainer.pipelines", "rewards,users,policy"),
          Map.entry("trainer.learning.length", "true"),
          Map.entry("trainer.learning.prompt-tokens", "64"),
          Map.entry("trainer.learning.reply-tokens", "96"),
          Map.entry("trainer.learning.batch-events", "64"),
          Map.entry("trainer.learning.general-replay", "0"),
          Map.entry("trainer.learning.learning-rate", "0.0003"),
          Map.entry("trainer.learning.source-variance", "6"),
          Map.entry("trainer.learning.decay-steps", "600"),
          Map.entry("trainer.learning.average", "0.97"),
          Map.entry("trainer.gate.minimum-events", "128"),
          Map.entry("trainer.gate.anchors", "128"),
          Map.entry("trainer.gate.per-user", "64"),
          Map.entry("trainer.gate.share", "0"),
          Map.entry("trainer.gate.minimum-gain", "0"),
          Map.entry("trainer.checkpoint.interval", "2s"),
          Map.entry("trainer.policy.prompt-tokens", "64"),
          Map.entry("trainer.policy.reply-tokens", "96"),
          Map.entry("trainer.policy.duty-cycle", "1"),
          Map.entry("trainer.policy.rows", "false"),
          Map.entry("trainer.users.rows", "false"),
          Map.entry("scorer.after.max-wait", "30s"),
          Map.entry("ingest.signals.tie.weight", "0.5"),
          Map.entry("ingest.by-domain.max-age", "200ms"));

  /** All judgments, and a few hundred users. */
  static StreamSettings standard(long seed) {
    return new StreamSettings(Integer.MAX_VALUE, 64, 128, 240, 48, seed);
  }

  StreamSettings {
    if (judgments < 1 || chunk < 1 || mostUnlearned < chunk || users < 0 || usersAtOnce < 1) {
      throw new CliException(
          "--limit %d, --chunk %d, --behind %d, --users %d (%d at once): allowed are 1 or more, 1 or more, the chunk or more, 0 or more (1 or more)"
              .formatted(judgments, chunk, mostUnlearned, users, usersAtOnce));
    }
  }
}
