/** Stage 2: the general reward model. */
@NullMarked
package dev.attune.cli.general;

import org.jspecify.annotations.NullMarked;
