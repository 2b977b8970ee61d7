/**
 * The synchronous door: rewards and preferences over HTTP, for products that cannot wait on a
 * topic.
 */
@NullMarked
package dev.attune.scorer.http;

import org.jspecify.annotations.NullMarked;
