/** Drawing of results: self-contained HTML with SVG for files, bars and tables for terminals. */
@NullMarked
package dev.attune.cli.report;

import org.jspecify.annotations.NullMarked;
