package dev.attune.embedded;

import java.util.List;
import org.apache.avro.Schema;
import org.apache.avro.SchemaCompatibility;
import org.apache.avro.SchemaCompatibility.SchemaCompatibilityType;

/**
 * Which of a subject's earlier schemas a new one must fit, by Confluent's names: BACKWARD means
 * that the new schema reads what the earlier one wrote, FORWARD the reverse, FULL both.
 */
enum CompatibilityLevel {
  NONE(false, false, false),
  BACKWARD(true, false, false),
  BACKWARD_TRANSITIVE(true, false, true),
  FORWARD(false, true, false),
  FORWARD_TRANSITIVE(false, true, true),
  FULL(true, true, false),
  FULL_TRANSITIVE(true, true, true);

  private final boolean backward;
  private final boolean forward;
  private final boolean transitive;

  CompatibilityLevel(boolean backward, boolean forward, boolean transitive) {
    this.backward = backward;
    this.forward = forward;
    this.transitive = transitive;
  }

  /** By name; refuses others with code 42203. */
  static CompatibilityLevel of(String name) {
    for (CompatibilityLevel level : values()) {
      if (level.name().equalsIgnoreCase(name)) {
        return level;
      }
    }
    throw RestException.invalidCompatibility(name);
  }

  /** Whether a subject with the earlier schemas, oldest first, takes the new one. */
  boolean accepts(Schema schema, List<Schema> earlier) {
    List<Schema> checked =
        transitive || earlier.isEmpty()
            ? earlier
            : earlier.subList(earlier.size() - 1, earlier.size());
    return checked.stream()
        .allMatch(old -> (!backward || reads(schema, old)) && (!forward || reads(old, schema)));
  }

  private static boolean reads(Schema reader, Schema writer) {
    return SchemaCompatibility.checkReaderWriterCompatibility(reader, writer).getType()
        == SchemaCompatibilityType.COMPATIBLE;
  }
}
