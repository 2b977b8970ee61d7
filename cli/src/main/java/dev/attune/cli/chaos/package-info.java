/**
 * {@code attune chaos}: kills processes at random under load, and counts every event in what was
 * committed.
 */
@NullMarked
package dev.attune.cli.chaos;

import org.jspecify.annotations.NullMarked;
