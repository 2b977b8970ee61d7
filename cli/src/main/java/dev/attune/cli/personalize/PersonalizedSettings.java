package dev.attune.cli.personalize;

import java.util.List;

/**
 * How large the experiments are.
 *
 * @param seeds how often the conflicting preferences are repeated, with other users and weights
 * @param steps of training a policy, on eight comparisons each
 * @param conflicting choices of the users who conflict over length
 * @param profiles choices of the six profiles; there are no newcomers among them
 * @param promptTokens longest prompt; of a longer one the end is read
 * @param replyTokens longest reply; of a longer one the beginning is read
 * @param events after how many events newcomers are tested, ascending from 0
 * @param generated prompts that each policy answers, for its lengths
 */
record PersonalizedSettings(
    int seeds,
    int steps,
    Population.Size conflicting,
    Population.Size profiles,
    int promptTokens,
    int replyTokens,
    List<Integer> events,
    int generated) {
  /** The number of events after which the head's accuracy is reported as its own. */
  static final int HEAD_EVENTS = 16;

  PersonalizedSettings {
    events = List.copyOf(events);
    if (seeds < 1 || !events.contains(0) || !events.contains(HEAD_EVENTS)) {
      throw new IllegalArgumentException(
          "%d seeds, tests after %s events; allowed are 1 or more, and 0 and %d among them"
              .formatted(seeds, events, HEAD_EVENTS));
    }
    if (conflicting.stream() < events.get(events.size() - 1)) {
      throw new IllegalArgumentException(
          "streams of %d events; the last test is after %d"
              .formatted(conflicting.stream(), events.get(events.size() - 1)));
    }
  }

  /** The experiments of the documentation. */
  static PersonalizedSettings standard() {
    return new PersonalizedSettings(
        3,
        250,
        new Population.Size(100, 40, 50),
        new Population.Size(330, 100, 0),
        64,
        96,
        List.of(0, 1, 5, 8, 10, 16, 20, 50),
        20);
  }
}
