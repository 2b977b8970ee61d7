/** The decoder language model: loading, its forward pass, and stage 1, which trains a small one. */
@NullMarked
package dev.attune.model.lm;

import org.jspecify.annotations.NullMarked;
