package dev.attune.schemas;

import dev.attune.schemas.events.Attune;
import java.util.List;
import org.apache.avro.Schema;

/** Every record of the protocol. */
public final class Schemas {
  private Schemas() {}

  /** All records, also those that are only parts of others. */
  public static List<Schema> records() {
    return Attune.PROTOCOL.getTypes().stream()
        .filter(schema -> schema.getType() == Schema.Type.RECORD)
        .toList();
  }
}
