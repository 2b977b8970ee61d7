/** What operators do with users' states. */
@NullMarked
package dev.attune.cli.users;

import org.jspecify.annotations.NullMarked;
