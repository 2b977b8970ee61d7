package dev.attune.cli.traffic;

/**
 * What became of the events sent.
 *
 * @param sent acknowledged by the broker
 * @param accepted fed to the trainer
 * @param rejected found in the rejected topic
 * @param quarantined held back: found in the quarantined topic, and not released since
 * @param duplicate covered by a bucket that has no feedback of it, and neither rejected nor
 *     quarantined: a repeat, a withdrawal, or replaced before its bucket was closed
 * @param open not accounted for (yet)
 * @param repeated accounted for more than once: always a defect
 */
public record EventAccounts(
    long sent,
    long accepted,
    long rejected,
    long quarantined,
    long duplicate,
    long open,
    long repeated) {

  /** True if each event sent is accounted for, once. */
  public boolean balanced() {
    return open == 0 && repeated == 0 && sent == accepted + rejected + quarantined + duplicate;
  }
}
