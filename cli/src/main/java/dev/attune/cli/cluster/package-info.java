/** Reaching a cluster from a command: options, clients, topics and schemas. */
@NullMarked
package dev.attune.cli.cluster;

import org.jspecify.annotations.NullMarked;
