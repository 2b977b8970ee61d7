package dev.attune.cli.chaos;

import com.fasterxml.jackson.annotation.JsonProperty;

/** Every event counted. */
record Tally(
    EventCounts events,
    @JsonProperty("by_user") RouteCounts byUser,
    @JsonProperty("by_domain") RouteCounts byDomain) {

  /** Whether every event is where it should be, once. */
  boolean right() {
    return events.right() && byUser.right() && byDomain.right();
  }

  /** Whether nothing is missing; something may be too much. */
  boolean complete() {
    return events.complete() && byUser.complete() && byDomain.complete();
  }
}
