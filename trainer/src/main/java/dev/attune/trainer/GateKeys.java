package dev.attune.trainer;

import dev.attune.platform.ConfigException;
import dev.attune.platform.ConfigKey;
import dev.attune.platform.Configuration;
import dev.attune.trainer.core.RewardsConfig;
import dev.attune.trainer.gate.GateConfig;
import java.util.List;

/** How reward models are published and watched; the defaults are {@link RewardsConfig#defaults}. */
final class GateKeys {
  private static final RewardsConfig DEFAULTS = RewardsConfig.defaults();
  private static final GateConfig GATE = DEFAULTS.gate();
  private static final int MANY = 1_000_000;

  private static final ConfigKey<Boolean> ENABLED =
      ConfigKey.bool(
          "trainer.gate.enabled",
          DEFAULTS.gated(),
          "Whether a reward model is published only where it is better; false publishes each"
              + " checkpoint with new steps.");
  private static final ConfigKey<Integer> MINIMUM_EVENTS =
      integer(
          "minimum-events",
          GATE.minimumEvents(),
          1,
          "Fewest new events between two decisions, and fewest that each test needs.");
  private static final ConfigKey<Double> SHARE =
      decimal(
          "share",
          GATE.share(),
          0,
          1,
          "Share of all events that are new at a decision, where that is more.");
  private static final ConfigKey<Integer> WINDOW =
      integer("window", GATE.window(), 1, "Recent events on which a candidate must be better.");
  private static final ConfigKey<Integer> PER_USER =
      integer(
          "per-user",
          GATE.perUser(),
          1,
          "Events of one user among the recent ones, and as many among the anchors.");
  private static final ConfigKey<Double> MINIMUM_GAIN =
      decimal(
          "minimum-gain",
          GATE.minimumGain(),
          -1,
          1,
          "By how much the mean log-loss on the recent events must be lower, in nats.");
  private static final ConfigKey<Double> MARGIN =
      decimal(
          "margin",
          GATE.margin(),
          0,
          99,
          "By how much the mean log-loss on the anchors may be higher, in nats.");
  private static final ConfigKey<Double> GENERAL_MARGIN =
      decimal("general-margin", GATE.generalMargin(), 0, 99, "The same on the general set.");
  private static final ConfigKey<Double> ALPHA =
      decimal(
          "alpha",
          GATE.alpha(),
          1e-9,
          0.5,
          "Probability with which a test finds a candidate worse that is not.");
  private static final ConfigKey<Double> BOUND =
      decimal(
          "bound",
          GATE.bound(),
          0.01,
          100,
          "Differences of log-loss beyond ± this many nats are taken as that.");
  private static final ConfigKey<Integer> ANCHORS_AFTER =
      integer("anchors-after", GATE.anchorsAfter(), 0, "Events before the first anchor.");
  private static final ConfigKey<Integer> ANCHORS =
      integer("anchors", GATE.anchors(), 1, "Events of a domain that are kept as anchors.");
  private static final ConfigKey<Integer> GENERAL =
      integer(
          "general",
          GATE.general(),
          0,
          "Events of the general model that a domain's candidate is tested on.");
  private static final ConfigKey<Integer> REFUSALS =
      integer(
          "refusals",
          GATE.refusals(),
          1,
          "Refusals since the last publication after which a candidate is given up.");
  private static final ConfigKey<Double> DRIFT_FACTOR =
      ConfigKey.decimal(
          "trainer.drift.learning-rate-factor",
          DEFAULTS.driftFactor(),
          1,
          10,
          "What the learning rate is multiplied with for a while after losses have risen.");
  private static final ConfigKey<Integer> DRIFT_STEPS =
      ConfigKey.integer(
          "trainer.drift.steps", DEFAULTS.driftSteps(), 1, MANY, "For how many steps.");

  private GateKeys() {}

  static List<ConfigKey<?>> all() {
    return List.of(
        ENABLED,
        MINIMUM_EVENTS,
        SHARE,
        WINDOW,
        PER_USER,
        MINIMUM_GAIN,
        MARGIN,
        GENERAL_MARGIN,
        ALPHA,
        BOUND,
        ANCHORS_AFTER,
        ANCHORS,
        GENERAL,
        REFUSALS,
        DRIFT_FACTOR,
        DRIFT_STEPS);
  }

  /**
   * @param seed of the learning recipe
   * @throws dev.attune.platform.ConfigException naming the key, the value and what is allowed
   */
  static RewardsConfig read(Configuration configuration, long seed) {
    int minimum = configuration.get(MINIMUM_EVENTS);
    atLeast(configuration, WINDOW, minimum);
    atLeast(configuration, ANCHORS, minimum);
    belowBound(configuration, MARGIN);
    belowBound(configuration, GENERAL_MARGIN);
    return new RewardsConfig(
        configuration.get(ENABLED),
        new GateConfig(
            minimum,
            configuration.get(SHARE),
            configuration.get(WINDOW),
            configuration.get(PER_USER),
            configuration.get(MINIMUM_GAIN),
            configuration.get(MARGIN),
            configuration.get(GENERAL_MARGIN),
            configuration.get(ALPHA),
            configuration.get(BOUND),
            configuration.get(ANCHORS_AFTER),
            configuration.get(ANCHORS),
            configuration.get(GENERAL),
            configuration.get(REFUSALS)),
        configuration.get(DRIFT_FACTOR),
        configuration.get(DRIFT_STEPS),
        seed);
  }

  /** A test that never has the events that it needs would refuse for ever. */
  private static void atLeast(Configuration configuration, ConfigKey<Integer> key, int minimum) {
    int value = configuration.get(key);
    if (value < minimum) {
      throw new ConfigException(
          "%s = %d: allowed is %s, which is %d, or more"
              .formatted(key.name(), value, MINIMUM_EVENTS.name(), minimum));
    }
  }

  /** A difference beyond the bound is not seen, so a margin there would let everything pass. */
  private static void belowBound(Configuration configuration, ConfigKey<Double> key) {
    double value = configuration.get(key);
    double most = GateConfig.MOST_OF_BOUND * configuration.get(BOUND);
    if (value > most) {
      throw new ConfigException(
          "%s = %s: allowed is %s of %s at most, which is %s"
              .formatted(key.name(), value, GateConfig.MOST_OF_BOUND, BOUND.name(), most));
    }
  }

  private static ConfigKey<Integer> integer(String name, int defaultValue, int min, String doc) {
    return ConfigKey.integer("trainer.gate." + name, defaultValue, min, MANY, doc);
  }

  private static ConfigKey<Double> decimal(
      String name, double defaultValue, double min, double max, String doc) {
    return ConfigKey.decimal("trainer.gate." + name, defaultValue, min, max, doc);
  }
}
