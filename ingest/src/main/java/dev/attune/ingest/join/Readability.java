package dev.attune.ingest.join;

import dev.attune.schemas.registry.RegistryException;
import dev.attune.schemas.serde.WireFormatException;

/** Whose fault it is that a record cannot be decoded. */
final class Readability {
  private Readability() {}

  /** False: the registry cannot be asked or refuses everything, and the task has to try again. */
  static boolean isRecordsFault(WireFormatException e) {
    return switch (e.reason()) {
      case NOT_AVRO_FRAME, MALFORMED_AVRO, UNKNOWN_SCHEMA_ID, WRONG_TYPE, UNUSABLE_SCHEMA -> true;
      // A registry answers so for a kind of id that it does not have.
      case REGISTRY_REFUSED ->
          e.getCause() instanceof RegistryException cause
              && cause.kind() == RegistryException.Kind.REFUSED;
      case INVALID_RECORD, REGISTRY_UNAVAILABLE -> false;
    };
  }
}
