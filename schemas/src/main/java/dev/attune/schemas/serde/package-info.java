/** Kafka serdes for generated Avro records, in the Schema Registry's wire format. */
@NullMarked
package dev.attune.schemas.serde;

import org.jspecify.annotations.NullMarked;
