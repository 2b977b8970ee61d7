/** State on disk that can be rebuilt from Kafka. */
@NullMarked
package dev.attune.platform.store;

import org.jspecify.annotations.NullMarked;
