package dev.attune.schemas;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.apache.avro.Schema;
import org.apache.avro.SchemaCompatibility;
import org.apache.avro.SchemaCompatibility.SchemaCompatibilityResult;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Holds each schema to the last committed one in src/compat, as the registry will. To take the
 * current schemas as the new baseline, except where they break the present one:
 *
 * <pre>mvn -pl schemas test -Dtest=SchemaCompatibilityTest -Dattune.schemas.refresh=true</pre>
 */
class SchemaCompatibilityTest {
  private static final Path BASELINE = Path.of("src/compat");
  private static final SchemaCompatibilityResult COMPATIBLE =
      SchemaCompatibilityResult.compatible();
  private static final String EXTENSION = ".avsc";

  static List<Schema> records() {
    return Schemas.records();
  }

  static Stream<Path> baseline() throws IOException {
    try (Stream<Path> files = Files.list(BASELINE)) {
      return files.filter(file -> file.toString().endsWith(EXTENSION)).sorted().toList().stream();
    }
  }

  /** Takes the current schemas as the baseline, except those that would break it. */
  @BeforeAll
  static void refreshWhenAsked() throws IOException {
    if (Boolean.getBoolean("attune.schemas.refresh")) {
      Files.createDirectories(BASELINE);
      for (Schema current : records()) {
        if (!Files.exists(file(current)) || reading(current).equals(COMPATIBLE)) {
          Files.writeString(file(current), current.toString(true) + "\n");
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("records")
  void shouldReadWhatTheBaselineWrote(Schema current) throws IOException {
    // Given
    assertThat(file(current))
        .as("baseline of %s; the javadoc of this test has the command", current.getName())
        .exists();
    // When
    SchemaCompatibilityResult result = reading(current);
    // Then
    assertThat(result).as("%s", result.getIncompatibilities()).isEqualTo(COMPATIBLE);
  }

  @ParameterizedTest
  @MethodSource("records")
  void shouldHaveBaselineOfTheCurrentSchema(Schema current) throws IOException {
    // Given
    Path file = file(current);
    // When
    Schema baseline = new Schema.Parser().parse(file.toFile());
    // Then
    assertThat(baseline)
        .as("baseline of %s; the javadoc of this test has the command", current.getName())
        .isEqualTo(current);
  }

  @ParameterizedTest
  @MethodSource("baseline")
  void shouldKeepEveryRecordOfTheBaseline(Path file) {
    // Given
    String name = file.getFileName().toString();
    // When
    Stream<String> current = records().stream().map(schema -> schema.getName() + EXTENSION);
    // Then
    assertThat(current).contains(name);
  }

  private static SchemaCompatibilityResult reading(Schema current) throws IOException {
    Schema baseline = new Schema.Parser().parse(file(current).toFile());
    return SchemaCompatibility.checkReaderWriterCompatibility(current, baseline).getResult();
  }

  private static Path file(Schema schema) {
    return BASELINE.resolve(schema.getName() + EXTENSION);
  }
}
