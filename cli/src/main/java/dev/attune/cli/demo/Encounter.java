package dev.attune.cli.demo;

import java.util.List;

/**
 * One turn in the simulated chat app: a prompt and the replies shown to a user.
 *
 * @param number counts the encounters of a run from 0
 * @param options in the order shown
 */
record Encounter(long number, SimulatedUser user, String prompt, List<Option> options) {
  /** A reply that is shown. Its style is known to the simulation only. */
  record Option(String id, String style, String text) {}

  Encounter {
    options = List.copyOf(options);
  }

  /** The place of an option among those shown. */
  int indexOf(String id) {
    for (int i = 0; i < options.size(); i++) {
      if (options.get(i).id().equals(id)) {
        return i;
      }
    }
    throw new IllegalArgumentException("no option " + id + " in encounter " + number);
  }
}
