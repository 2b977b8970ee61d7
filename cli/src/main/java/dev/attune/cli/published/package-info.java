/**
 * What a trainer would publish, made up: models, a policy and users' states. For what asks how
 * surely and how fast they are served, not how good they are.
 */
@NullMarked
package dev.attune.cli.published;

import org.jspecify.annotations.NullMarked;
