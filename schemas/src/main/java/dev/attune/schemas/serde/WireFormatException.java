package dev.attune.schemas.serde;

import dev.attune.schemas.registry.RegistryException;
import org.apache.kafka.common.errors.SerializationException;
import org.jspecify.annotations.Nullable;

/**
 * A record could not be turned into bytes or bytes into a record. The message names the topic, the
 * schema and the kind of failure, never any content: Avro's own exceptions can quote values, so
 * they are not kept as causes.
 */
public final class WireFormatException extends SerializationException {
  private static final long serialVersionUID = 1L;

  /** Why; stable names, fit for metrics and reason codes. */
  public enum Reason {
    /** The bytes do not begin as the wire format does. */
    NOT_AVRO_FRAME,
    /** The registry does not know the schema's id. */
    UNKNOWN_SCHEMA_ID,
    /** The schema is not Avro, not valid or needs rules that are not supported. */
    UNUSABLE_SCHEMA,
    /** The schema is of another record than the one asked for, or not compatible with it. */
    WRONG_TYPE,
    /** The bytes do not fit their schema. */
    MALFORMED_AVRO,
    /** The record to be written lacks a field or has one of another type. */
    INVALID_RECORD,
    /** No registry answers; trying again later may help. */
    REGISTRY_UNAVAILABLE,
    /** The registry refuses: credentials, an incompatible schema, an unknown subject. */
    REGISTRY_REFUSED
  }

  private final Reason reason;

  WireFormatException(Reason reason, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.reason = reason;
  }

  WireFormatException(Reason reason, String message) {
    this(reason, message, null);
  }

  public Reason reason() {
    return reason;
  }

  /** Whether the failure is not the record's: the same record may succeed later. */
  public boolean isRetriable() {
    return reason == Reason.REGISTRY_UNAVAILABLE;
  }

  static WireFormatException reading(String topic, Object id, RegistryException e) {
    Reason reason =
        switch (e.kind()) {
          case NOT_FOUND -> Reason.UNKNOWN_SCHEMA_ID;
          case UNUSABLE_SCHEMA -> Reason.UNUSABLE_SCHEMA;
          case UNAVAILABLE -> Reason.REGISTRY_UNAVAILABLE;
          case INCOMPATIBLE, UNAUTHORIZED, REFUSED -> Reason.REGISTRY_REFUSED;
        };
    return new WireFormatException(
        reason, "Schema " + id + " of a record in " + topic + ": " + e.getMessage(), e);
  }

  static WireFormatException writing(String subject, RegistryException e) {
    Reason reason =
        switch (e.kind()) {
          case UNUSABLE_SCHEMA -> Reason.UNUSABLE_SCHEMA;
          case UNAVAILABLE -> Reason.REGISTRY_UNAVAILABLE;
          case NOT_FOUND, INCOMPATIBLE, UNAUTHORIZED, REFUSED -> Reason.REGISTRY_REFUSED;
        };
    return new WireFormatException(
        reason, "Schema of subject " + subject + ": " + e.getMessage(), e);
  }
}
