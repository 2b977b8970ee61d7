package dev.attune.cli.demo;

import java.util.Map;

/** The services' settings in a demo: it must learn, and show it, within a minute on two cores. */
final class DemoSettings {
  static final Map<String, String> SERVICES =
      Map.of(
          // Small steps soon, with less replay than pays off over hours, and served at once.
          "trainer.learning.batch-events", "4",
          "trainer.learning.replay", "1.5",
          "trainer.learning.average", "0.9",
          "trainer.learning.warm-up-steps", "5",
          "trainer.checkpoint.interval", "1s",
          // A domain has some thirty events in twenty seconds: enough to see harm, not to prove a
          // gain.
          "trainer.gate.minimum-events", "8",
          "trainer.gate.anchors-after", "4",
          "trainer.gate.minimum-gain", "-0.02",
          // Two cores and a few seconds are for what is shown: rewards and heads.
          "trainer.policy.rows", "false",
          "trainer.users.rows", "false");

  private DemoSettings() {}
}
