package dev.attune.schemas;

import org.apache.kafka.common.config.TopicConfig;

/** How a topic forgets: by age, or by keeping the last value of each key. */
public enum Cleanup {
  DELETE(TopicConfig.CLEANUP_POLICY_DELETE),
  COMPACT(TopicConfig.CLEANUP_POLICY_COMPACT);

  private final String policy;

  Cleanup(String policy) {
    this.policy = policy;
  }

  /** The value of Kafka's {@code cleanup.policy}. */
  public String policy() {
    return policy;
  }
}
