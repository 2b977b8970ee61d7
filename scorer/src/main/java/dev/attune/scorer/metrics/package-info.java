/** What the scorer counts. */
@NullMarked
package dev.attune.scorer.metrics;

import org.jspecify.annotations.NullMarked;
