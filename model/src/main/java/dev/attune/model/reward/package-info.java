/**
 * Reward models: adapters and heads on a frozen base, how they are learned online, and how replies
 * are scored with them.
 */
@NullMarked
package dev.attune.model.reward;

import org.jspecify.annotations.NullMarked;
