/** The whole system in one process, and the small base that it runs on. */
@NullMarked
package dev.attune.cli.stack;

import org.jspecify.annotations.NullMarked;
