package dev.attune.ingest.event;

/**
 * How events are read. Immutable.
 *
 * @param limits of their fields
 * @param domains that they may have
 * @param signals how much each signal counts
 * @param redactor what is done to their texts before anything is kept of them
 */
public record EventConfig(
    EventLimits limits, AllowedDomains domains, SignalWeights signals, TextRedactor redactor) {

  /** All domains, nothing redacted. */
  public static EventConfig defaults() {
    return new EventConfig(
        EventLimits.defaults(),
        AllowedDomains.all(),
        SignalWeights.defaults(),
        TextRedactor.none());
  }
}
