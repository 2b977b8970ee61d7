/**
 * The demonstration: a simulated chat app in front of the whole system, its bookkeeping, its live
 * page and its report. {@link dev.attune.cli.demo.ChatSimulator} is the pure core, {@link
 * dev.attune.cli.demo.ChatApp} its Kafka adapter.
 */
@NullMarked
package dev.attune.cli.demo;

import org.jspecify.annotations.NullMarked;
