/** Generation of texts with a cache of keys and values, many rows at a time. */
@NullMarked
package dev.attune.model.generate;

import org.jspecify.annotations.NullMarked;
