package dev.attune.cli.stream;

import dev.attune.schemas.events.CandidateScore;
import dev.attune.schemas.events.Choice;
import dev.attune.schemas.events.ScoreResult;

/**
 * What was served on an occasion, before it was told.
 *
 * @param own the answer to the user's own request
 * @param other the answer to the request that it is compared with
 */
record Served(Occasion occasion, ScoreResult own, ScoreResult other) {
  /** Index of the chosen reply, or −1 of a tie. */
  int chosen() {
    return occasion.event().getSignal() instanceof Choice choice
        ? occasion.event().getCandidates().get(0).getId().equals(choice.getChosenId()) ? 0 : 1
        : -1;
  }

  /** By how many characters the chosen reply is longer. */
  double longer() {
    return length(chosen()) - length(1 - chosen());
  }

  /** The log-odds of the choice by the whole reward. */
  double personal() {
    return candidate(own, chosen()).getReward() - candidate(own, 1 - chosen()).getReward();
  }

  /** The log-odds of the choice by the domain's part of the reward. */
  double domain() {
    return candidate(own, chosen()).getDomainReward()
        - candidate(own, 1 - chosen()).getDomainReward();
  }

  /** The log-odds of the choice by the domain's part of the other answer. */
  double otherDomain() {
    return candidate(other, chosen()).getDomainReward()
        - candidate(other, 1 - chosen()).getDomainReward();
  }

  /** The log-odds of the choice by the whole reward of the other answer. */
  double otherPersonal() {
    return candidate(other, chosen()).getReward() - candidate(other, 1 - chosen()).getReward();
  }

  private double length(int index) {
    String text = occasion.event().getCandidates().get(index).getText();
    return text.codePointCount(0, text.length());
  }

  private static CandidateScore candidate(ScoreResult result, int index) {
    return result.getCandidates().get(index);
  }
}
