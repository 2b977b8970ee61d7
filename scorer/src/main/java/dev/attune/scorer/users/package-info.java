/** Users' published states, kept on disk and in memory. */
@NullMarked
package dev.attune.scorer.users;

import org.jspecify.annotations.NullMarked;
