/** Readers for public preference data sets, and their mapping onto preference events. */
@NullMarked
package dev.attune.cli.imports;

import org.jspecify.annotations.NullMarked;
