/** How fast ingest is, beside topologies and loops that do less. */
@NullMarked
package dev.attune.bench.ingest;

import org.jspecify.annotations.NullMarked;
