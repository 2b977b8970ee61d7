/** Benchmarks: each beside its yardstick, in turns, in the same run. */
@NullMarked
package dev.attune.bench;

import org.jspecify.annotations.NullMarked;
