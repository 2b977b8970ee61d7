/**
 * A chat product's side of the topics: it sends events and requests, and follows what comes back.
 */
@NullMarked
package dev.attune.cli.traffic;

import org.jspecify.annotations.NullMarked;
