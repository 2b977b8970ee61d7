package dev.attune.cli.stream;

import dev.attune.schemas.events.PreferenceEvent;

/**
 * A choice between two replies that is asked about twice before it is told: as what it is, and in
 * another way to compare with.
 *
 * @param event what is told afterwards: a choice or a tie, without a request id
 * @param otherUser the user of the second request
 * @param otherDomain the domain of the second request
 */
record Occasion(PreferenceEvent event, String otherUser, String otherDomain) {
  Occasion {
    if (event.getCandidates().size() != 2) {
      throw new IllegalArgumentException(
          event.getCandidates().size() + " candidates; an occasion has two");
    }
  }
}
