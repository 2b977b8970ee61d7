/** The attune command: demo, importers, evaluation, operations. */
@NullMarked
package dev.attune.cli;

import org.jspecify.annotations.NullMarked;
