package dev.attune.ingest.event;

import dev.attune.schemas.registry.RegistryException;
import dev.attune.schemas.serde.WireFormatException;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.serialization.Deserializer;

/**
 * Decodes the records of a topic and tells a record's fault from the registry's: a registry that
 * cannot be asked fails the task, and nothing is skipped.
 */
public final class RecordDecoder<T> {
  private final String topic;
  private final Deserializer<T> deserializer;

  public RecordDecoder(String topic, Deserializer<T> deserializer) {
    this.topic = topic;
    this.deserializer = deserializer;
  }

  /**
   * What the bytes say.
   *
   * @param headers may name the schema
   * @throws RejectedEventException if they cannot be read, now or later
   * @throws WireFormatException if the registry cannot be asked
   */
  public T decode(Headers headers, byte[] value) {
    try {
      return deserializer.deserialize(topic, headers, value);
    } catch (WireFormatException e) {
      RejectionReason reason =
          switch (e.reason()) {
            case NOT_AVRO_FRAME -> RejectionReason.NOT_AVRO;
            case MALFORMED_AVRO -> RejectionReason.MALFORMED_AVRO;
            case UNKNOWN_SCHEMA_ID -> RejectionReason.UNKNOWN_SCHEMA_ID;
            case WRONG_TYPE, UNUSABLE_SCHEMA -> RejectionReason.WRONG_SCHEMA;
            case REGISTRY_REFUSED -> refused(e, headers, value);
            case INVALID_RECORD, REGISTRY_UNAVAILABLE -> throw e;
          };
      throw new RejectedEventException(reason, e.getMessage());
    }
  }

  /**
   * What a registry that does not have the kind of id answers (a GUID, a negative number) is the
   * record's fault. That it refuses an ordinary id is not: it is another server, or a proxy.
   */
  private static RejectionReason refused(WireFormatException e, Headers headers, byte[] value) {
    if (e.getCause() instanceof RegistryException cause
        && cause.kind() == RegistryException.Kind.REFUSED
        && !SchemaHeaders.ordinaryId(headers, value)) {
      return RejectionReason.UNKNOWN_SCHEMA_ID;
    }
    throw e;
  }
}
