/** {@code attune bench}: measures, and prints and draws what was measured. */
@NullMarked
package dev.attune.cli.bench;

import org.jspecify.annotations.NullMarked;
