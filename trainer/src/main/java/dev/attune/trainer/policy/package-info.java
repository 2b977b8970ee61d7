/**
 * What decides the policy's epochs, without I/O: the sample of users' events that they are learned
 * from, and when they are due.
 */
@NullMarked
package dev.attune.trainer.policy;

import org.jspecify.annotations.NullMarked;
