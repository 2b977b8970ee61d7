package dev.attune.cli.personalize;

/** A method that goes on learning about users, one event at a time. */
public interface StreamingMethod extends PersonalMethod {
  /** Learns one comparison; only what belongs to its user changes. A user who is new is created. */
  void learn(PersonalComparison event);
}
