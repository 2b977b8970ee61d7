package dev.attune.embedded;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.apache.avro.Schema;
import org.apache.avro.SchemaBuilder;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CompatibilityLevelTest {
  private static final Schema A = record().requiredString("a").endRecord();
  private static final Schema AB = record().requiredString("a").requiredString("b").endRecord();
  private static final Schema AC = record().requiredString("a").optionalString("c").endRecord();

  /** A reads AB's data but not the reverse; A and AC read one another's. */
  @ParameterizedTest
  @CsvSource({
    "NONE, true, true, true",
    "BACKWARD, false, true, true",
    "BACKWARD_TRANSITIVE, false, true, true",
    "FORWARD, true, false, true",
    "FORWARD_TRANSITIVE, true, false, true",
    "FULL, false, false, true",
    "FULL_TRANSITIVE, false, false, true"
  })
  void shouldCompareWithTheLatest(
      CompatibilityLevel level, boolean addsField, boolean dropsField, boolean addsOptional) {
    // Given a level
    // When
    boolean accepted = level.accepts(AB, List.of(A));
    // Then
    assertThat(accepted).isEqualTo(addsField);
    assertThat(level.accepts(A, List.of(AB))).isEqualTo(dropsField);
    assertThat(level.accepts(AC, List.of(A))).isEqualTo(addsOptional);
  }

  @ParameterizedTest
  @CsvSource({"BACKWARD, true", "BACKWARD_TRANSITIVE, false"})
  void shouldCompareWithAllWhereTransitive(CompatibilityLevel level, boolean expected) {
    // Given
    List<Schema> earlier = List.of(A, AB);
    // When
    boolean accepted = level.accepts(AB, earlier);
    // Then
    assertThat(accepted).isEqualTo(expected);
  }

  private static SchemaBuilder.FieldAssembler<Schema> record() {
    return SchemaBuilder.record("R").fields();
  }
}
