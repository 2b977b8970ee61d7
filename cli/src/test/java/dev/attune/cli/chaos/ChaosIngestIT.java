package dev.attune.cli.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.attune.cli.Attune;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The short form of {@code attune chaos ingest}. */
class ChaosIngestIT {
  private static final int EVENTS = 3_000;

  @TempDir private Path dir;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @Test
  @Timeout(value = 6, unit = TimeUnit.MINUTES)
  void shouldHaveEachEventInOneBucketOfEachRouteAlthoughProcessesAreKilled() throws Exception {
    // Given
    Path report = dir.resolve("chaos.json");

    // When
    int exitCode =
        Attune.run(
            new PrintWriter(out),
            new PrintWriter(err),
            "chaos",
            "ingest",
            "--events",
            String.valueOf(EVENTS),
            "--kills",
            "3",
            "--rate",
            "300",
            "--max-minutes",
            "5",
            "--keep",
            dir.resolve("work").toString(),
            "--json",
            report.toString());

    // Then
    assertThat(exitCode).as(out + "\n" + err).isZero();
    JsonNode counts = new ObjectMapper().readTree(report.toFile());
    assertThat(counts.at("/tally/events/in_log").asInt()).isEqualTo(EVENTS);
    assertThat(counts.at("/recovery_seconds/broker/kills").asInt()).isEqualTo(1);
    assertThat(counts.at("/recovery_seconds/ingest/kills").asInt()).isEqualTo(2);
  }
}
