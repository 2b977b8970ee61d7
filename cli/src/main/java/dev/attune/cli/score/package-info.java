/** Asking for rewards and looking at them. */
@NullMarked
package dev.attune.cli.score;

import org.jspecify.annotations.NullMarked;
