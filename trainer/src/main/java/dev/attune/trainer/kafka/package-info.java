/**
 * Kafka's side of the rewards pipeline: reading buckets, storing artifacts, committing manifests.
 */
@NullMarked
package dev.attune.trainer.kafka;

import org.jspecify.annotations.NullMarked;
