/**
 * The rewards pipeline without I/O: which model learns from which bucket, when a checkpoint is due,
 * what a manifest says, where a partition goes on. Knows nothing of Kafka clients, threads or
 * clocks.
 */
@NullMarked
package dev.attune.trainer.core;

import org.jspecify.annotations.NullMarked;
