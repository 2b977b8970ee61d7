/** What a command prints: lines, progress, tables and JSON files. */
@NullMarked
package dev.attune.cli.console;

import org.jspecify.annotations.NullMarked;
