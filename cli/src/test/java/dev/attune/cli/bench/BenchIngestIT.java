package dev.attune.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.attune.cli.Attune;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The benchmark of ingest runs and reports; how fast anything is, no test says. */
class BenchIngestIT {
  @TempDir private Path dir;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @Test
  void shouldReportIngestBesideItsYardsticks() throws IOException {
    // Given
    String report = dir.resolve("report").toString();

    // When
    int exitCode =
        Attune.run(
            new PrintWriter(out),
            new PrintWriter(err),
            "bench",
            "ingest",
            "--quick",
            "--report",
            report);

    // Then
    assertThat(exitCode).as(out + "" + err).isZero();
    assertThat(out.toString())
        .contains("pass-through, once, both routes", "consume-produce loop", "by-domain");
    assertThat(dir.resolve("report/ingest.html")).content().contains("<svg");
    JsonNode json = new ObjectMapper().readTree(dir.resolve("report/ingest.json").toFile());
    assertThat(json.get("unit").asText()).isEqualTo("events/s");
    for (String figure : new String[] {"value", "yardstick", "ratio", "processor_ratio"}) {
      assertThat(json.get(figure).doubleValue()).as(figure).isPositive();
    }
    assertThat(json.get("throughput")).hasSize(5);
    assertThat(json.get("latency_ms")).hasSize(3);
    for (JsonNode row : json.get("latency_ms")) {
      assertThat(row.get("events").longValue()).isEqualTo(1_500);
      assertThat(row.get("p99").doubleValue()).isGreaterThanOrEqualTo(row.get("p50").doubleValue());
    }
  }
}
