/** Making and checking base models. */
@NullMarked
package dev.attune.cli.base;

import org.jspecify.annotations.NullMarked;
