/** What operators do with published models. */
@NullMarked
package dev.attune.cli.models;

import org.jspecify.annotations.NullMarked;
