/**
 * The decoder, its losses and its optimiser once more, in plain fp32 array operations of DJL: whole
 * batches of padded rows, every text with its own copy of its prompt, no scripts. It shares no
 * mathematics with them and is written for reading. The tests compare the scripts with it; the
 * benchmarks ({@code attune bench}) take it as their yardstick, which is why it is part of the
 * library and not of its tests.
 */
@NullMarked
package dev.attune.model.reference;

import org.jspecify.annotations.NullMarked;
