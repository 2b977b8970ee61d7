/**
 * What the scorer decides, without any I/O: which requests can be scored, in which batches, with
 * which model, and what the answer says. Knows events but neither Kafka nor the engine; rewards
 * come through {@link dev.attune.scorer.core.RewardFunction}.
 */
@NullMarked
package dev.attune.scorer.core;

import org.jspecify.annotations.NullMarked;
