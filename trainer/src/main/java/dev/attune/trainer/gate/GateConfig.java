package dev.attune.trainer.gate;

/**
 * When a candidate may replace what is served.
 *
 * @param minimumEvents fewest new events between two decisions, and fewest that each test needs
 * @param share of all events that are new at a decision where that is more, so that a long history
 *     is tested a number of times that grows with its logarithm; 0 asks for minimumEvents only
 * @param window recent events on which the candidate must be better
 * @param perUser events of one user in the window, and as many among the anchors
 * @param minimumGain by how much the mean log-loss on the window must be lower, in nats
 * @param margin by how much the mean log-loss on the anchors may be higher, in nats
 * @param generalMargin the same on the general set
 * @param alpha probability with which a test finds a candidate worse that is not
 * @param bound differences of log-loss beyond ±bound nats are taken as ±bound
 * @param anchorsAfter events before the first anchor
 * @param anchors events of the domain that are kept as anchors
 * @param general events of the general model that a domain's candidate is tested on
 * @param refusals refusals since the last publication after which the candidate is given up
 */
public record GateConfig(
    int minimumEvents,
    double share,
    int window,
    int perUser,
    double minimumGain,
    double margin,
    double generalMargin,
    double alpha,
    double bound,
    int anchorsAfter,
    int anchors,
    int general,
    int refusals) {

  /** A margin is less than the bound: what is beyond it is not seen. */
  public static final double MOST_OF_BOUND = 0.99;

  /** Checks every component. */
  public GateConfig {
    within("minimumEvents", minimumEvents, 1, 1_000_000);
    within("share", share, 0, 1);
    within("window", window, minimumEvents, 1_000_000);
    within("perUser", perUser, 1, 1_000_000);
    within("minimumGain", minimumGain, -1, 1);
    within("bound", bound, 0.01, 100);
    within("margin", margin, 0, MOST_OF_BOUND * bound);
    within("generalMargin", generalMargin, 0, MOST_OF_BOUND * bound);
    within("alpha", alpha, 1e-9, 0.5);
    within("anchorsAfter", anchorsAfter, 0, 1_000_000);
    within("anchors", anchors, minimumEvents, 1_000_000);
    within("general", general, 0, 1_000_000);
    within("refusals", refusals, 1, 1_000_000);
  }

  /** For a domain that some hundreds of events reach. */
  public static GateConfig defaults() {
    return new GateConfig(32, 1.0 / 16, 256, 8, 0.005, 0.02, 0.05, 0.05, 2, 16, 128, 128, 3);
  }

  private static void within(String name, double value, double least, double most) {
    if (!(value >= least && value <= most)) {
      throw new IllegalArgumentException(
          "%s is %s; allowed is %s to %s".formatted(name, value, least, most));
    }
  }
}
