/** What is learned of users from their buckets: heads, rows, and what is kept of both. */
@NullMarked
package dev.attune.trainer.users;

import org.jspecify.annotations.NullMarked;
