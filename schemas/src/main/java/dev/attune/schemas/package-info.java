/** Avro schemas, the topic catalogue, serdes in the Schema Registry's wire format. */
@NullMarked
package dev.attune.schemas;

import org.jspecify.annotations.NullMarked;
