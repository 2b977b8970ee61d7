/** Avro schemas, the topic catalogue, serdes in the Schema Registry's wire format. */
package dev.attune.schemas;
