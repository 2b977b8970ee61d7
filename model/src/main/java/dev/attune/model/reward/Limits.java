package dev.attune.model.reward;

/** Checks of numbers in configurations. */
final class Limits {
  private Limits() {}

  static void within(String name, double value, double least, double most) {
    if (!(value >= least && value <= most)) {
      throw new IllegalArgumentException(
          "%s is %s; allowed is %s to %s".formatted(name, value, least, most));
    }
  }
}
