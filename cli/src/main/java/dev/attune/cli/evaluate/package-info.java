/** The papers' experiments, run through the whole system, beside floors of their own. */
@NullMarked
package dev.attune.cli.evaluate;

import org.jspecify.annotations.NullMarked;
