package dev.attune.interop;

import java.util.List;

/**
 * Confluent's serializer and deserializer, with nothing but the JDK's types in between: what they
 * are made of (Kafka, Avro, Jackson) are other versions than Attune's. Records come and go in
 * Avro's plain binary encoding.
 */
interface Confluent {
  /** Serializes a record that is read as a GenericRecord; {@code schema} is Avro's JSON. */
  byte[] writeGeneric(String topic, String schema, byte[] record);

  /** Serializes a record that is read as an instance of its generated class. */
  byte[] writeSpecific(String topic, String type, byte[] record);

  /** Deserializes a message as a GenericRecord, which is encoded by the schema that it has. */
  byte[] readGeneric(String topic, byte[] message);

  /** Deserializes a message as an instance of the generated class. */
  byte[] readSpecific(String topic, byte[] message);

  /** The GUID by Confluent's own hash; a reference is its name, subject and version. */
  String guid(String schema, List<List<Object>> references);
}
