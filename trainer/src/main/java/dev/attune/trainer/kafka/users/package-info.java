/** Kafka's side of the users pipeline: reading buckets, keeping and committing users' states. */
@NullMarked
package dev.attune.trainer.kafka.users;

import org.jspecify.annotations.NullMarked;
