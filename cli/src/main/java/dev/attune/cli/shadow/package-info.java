/** What a scorer in shadow mode would have chosen, beside what users preferred. */
@NullMarked
package dev.attune.cli.shadow;

import org.jspecify.annotations.NullMarked;
