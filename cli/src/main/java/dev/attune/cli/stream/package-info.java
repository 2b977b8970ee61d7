/**
 * {@code attune evaluate stream}: real people's judgments and simulated users through the running
 * system in a closed loop, each choice predicted before it is learned from.
 */
@NullMarked
package dev.attune.cli.stream;

import org.jspecify.annotations.NullMarked;
