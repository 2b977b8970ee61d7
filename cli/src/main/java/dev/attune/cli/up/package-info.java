/** The services in one process, kept running. */
@NullMarked
package dev.attune.cli.up;

import org.jspecify.annotations.NullMarked;
