/** A Kafka broker and a schema registry in this process, for the embedded default and the tests. */
@NullMarked
package dev.attune.embedded;

import org.jspecify.annotations.NullMarked;
