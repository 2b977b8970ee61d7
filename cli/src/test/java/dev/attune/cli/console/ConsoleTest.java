package dev.attune.cli.console;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConsoleTest {
  @Test
  void shouldShowProgressAsPlainLinesWhereNobodyWatches() {
    // Given
    StringWriter err = new StringWriter();
    Console console = new Console(new PrintWriter(new StringWriter()), new PrintWriter(err), false);
    Progress progress = console.progress("Importing", "events", 10);
    progress.to(10);
    progress.note("fine");

    // When
    progress.close();

    // Then
    assertThat(err.toString().lines())
        .satisfiesExactly(
            line -> assertThat(line).isEqualTo("Importing: 10 events"),
            line -> assertThat(line).matches("Importing: 10/10 events in [0-9.]+ s, fine"));
  }

  @Test
  void shouldWriteJsonWholeOrNotAtAll(@TempDir Path dir) throws Exception {
    // Given
    Path file = dir.resolve("new/report.json");

    // When
    JsonReport.write(file, Map.of("events_sent", 3));

    // Then
    assertThat(Files.readString(file)).contains("\"events_sent\" : 3");
    assertThat(file.getParent()).isDirectoryContaining(path -> path.equals(file));
  }
}
