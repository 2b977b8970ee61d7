package dev.attune.scorer.kafka;

/** How prompts are taken, and how often each is answered. */
public enum Delivery {
  /**
   * As a member of a consumer group: each partition has one scorer, and each prompt exactly one
   * answer in committed reads.
   */
  TRANSACTIONS,

  /**
   * As a member of a share group (KIP-932): partitions may have several scorers, and each prompt
   * has one answer at least.
   */
  SHARE
}
