package dev.attune.ingest.event;

import dev.attune.platform.ConfigException;
import java.util.EnumMap;
import java.util.Map;

/**
 * How much each signal counts.
 *
 * @param values one for each signal
 */
public record SignalWeights(Map<SignalKind, Value> values) {

  /** What a signal counts unless it is set. A margin would move a calibrated probability. */
  public static final Value DEFAULT = new Value(1, 0);

  /** The largest weight. */
  public static final double MAX_WEIGHT = 100;

  /** The smallest weight: what is not to be learned from is not to be sent. */
  public static final double MIN_WEIGHT = 0.001;

  /** The largest margin: odds of 22,000 to 1. */
  public static final double MAX_MARGIN = 10;

  /**
   * One signal's.
   *
   * @param weight of each of its comparisons or of its judgement, as a factor of the loss
   * @param margin by how much the preferred reward should exceed the other, in log-odds; 0 where
   *     the signal prefers nothing
   */
  public record Value(double weight, double margin) {
    public Value {
      if (!(weight >= MIN_WEIGHT && weight <= MAX_WEIGHT)) {
        throw new ConfigException(
            "a signal's weight is %s; allowed: %s to %s".formatted(weight, MIN_WEIGHT, MAX_WEIGHT));
      }
      if (!(margin >= 0 && margin <= MAX_MARGIN)) {
        throw new ConfigException(
            "a signal's margin is %s; allowed: 0 to %s".formatted(margin, MAX_MARGIN));
      }
    }
  }

  public SignalWeights {
    values = Map.copyOf(values);
    for (SignalKind kind : SignalKind.values()) {
      Value value = values.get(kind);
      if (value == null) {
        throw new ConfigException("the signal " + kind.text() + " has no weight");
      }
      if (!kind.prefers() && value.margin != 0) {
        throw new ConfigException("the signal " + kind.text() + " can have no margin");
      }
    }
  }

  /** All alike. */
  public static SignalWeights defaults() {
    Map<SignalKind, Value> values = new EnumMap<>(SignalKind.class);
    for (SignalKind kind : SignalKind.values()) {
      values.put(kind, DEFAULT);
    }
    return new SignalWeights(values);
  }

  Value of(SignalKind kind) {
    return values.get(kind);
  }
}
