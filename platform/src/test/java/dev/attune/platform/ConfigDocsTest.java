package dev.attune.platform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

class ConfigDocsTest {
  private static final List<ConfigKey<?>> KEYS =
      List.of(
          ConfigKey.integer("a.size", 3, 1, 9, "A size."),
          ConfigKey.string("a.name", null, "A name."),
          ConfigKey.string("a.note", null, "A note.").optional());

  @TempDir Path dir;

  @Test
  void shouldMakeARowForEachSetting() {
    // When
    String table = ConfigDocs.table(KEYS);

    // Then
    assertThat(table.lines().skip(2))
        .containsExactly(
            "| `a.size` | integer | `3` | 1 to 9 | A size. |",
            "| `a.name` | text | required | any text | A name. |",
            "| `a.note` | text | none | any text | A note. |");
  }

  @Test
  void shouldAcceptACurrentTable() throws IOException {
    // Given
    Path document = document(ConfigDocs.table(KEYS));

    // When
    Throwable failure = catchThrowable(() -> ConfigDocs.requireCurrent(document, "a", KEYS));

    // Then
    assertThat(failure).isNull();
  }

  @Test
  @DisabledIfSystemProperty(named = "attune.docs.write", matches = "true")
  void shouldSayHowToWriteAStaleTable() throws IOException {
    // Given
    Path document = document("old\n");

    // When
    Throwable failure = catchThrowable(() -> ConfigDocs.requireCurrent(document, "a", KEYS));

    // Then
    assertThat(failure)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContainingAll(document.toString(), "-Dattune.docs.write=true");
  }

  @Test
  void shouldDescribeEveryProcessAsTheManualDoes() {
    // Given
    Path manual = Path.of("..", "docs", "configuration.md");

    // When / Then
    assertThatCode(
            () -> {
              ConfigDocs.requireCurrent(manual, "process", ServiceRunner.keys());
              ConfigDocs.requireCurrent(manual, "kafka", KafkaSettings.keys());
            })
        .doesNotThrowAnyException();
  }

  private Path document(String table) throws IOException {
    return Files.writeString(
        dir.resolve("a.md"), "# A\n\n<!-- settings: a -->\n" + table + "<!-- end: a -->\n");
  }
}
