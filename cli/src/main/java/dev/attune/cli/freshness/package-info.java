/**
 * {@code attune bench freshness}: how soon a user's feedback is in that user's rewards, in the row,
 * and in what a domain is served.
 */
@NullMarked
package dev.attune.cli.freshness;

import org.jspecify.annotations.NullMarked;
