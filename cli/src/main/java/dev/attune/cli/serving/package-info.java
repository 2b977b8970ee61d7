/**
 * {@code attune bench score}: how many requests a second the scorer answers, and how soon, through
 * the topics; beside the same model that scores one candidate after the other.
 */
@NullMarked
package dev.attune.cli.serving;

import org.jspecify.annotations.NullMarked;
