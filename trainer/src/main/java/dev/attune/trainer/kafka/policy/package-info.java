/** Kafka's side of the policy pipeline: one active writer that reads all of the users' buckets. */
@NullMarked
package dev.attune.trainer.kafka.policy;

import org.jspecify.annotations.NullMarked;
