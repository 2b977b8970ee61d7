package dev.attune.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.attune.cli.Attune;
import dev.attune.cli.stack.TinyBase;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The benchmark of freshness runs and reports; how fresh anything is, no test says. */
class BenchFreshnessIT {
  @TempDir private Path dir;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @Test
  @Timeout(value = 4, unit = TimeUnit.MINUTES)
  void shouldSeeEachSampledEventInAScore() throws Exception {
    // Given
    Path base = TinyBase.in(dir);
    Path report = dir.resolve("freshness.json");

    // When
    int exitCode =
        Attune.run(
            new PrintWriter(out),
            new PrintWriter(err),
            "bench",
            "freshness",
            "--base",
            base.toString(),
            "--rate",
            "20",
            "--first-events",
            "0",
            "--warm-up",
            "2",
            "--seconds",
            "4",
            "--users",
            "20",
            "--json",
            report.toString());

    // Then
    assertThat(exitCode).as(out + "\n" + err).isZero();
    JsonNode json = new ObjectMapper().readTree(report.toFile());
    assertThat(json.get("unit").asText()).isEqualTo("ms");
    assertThat(json.at("/base_layers").asInt()).isPositive();
    assertThat(json.at("/head_ms/count").asInt()).isPositive();
    assertThat(json.at("/head_ms/missed").asInt()).isZero();
    assertThat(json.at("/round_trip_ms/count").asInt()).isPositive();
    assertThat(json.at("/row_ms").has("p99")).isTrue();
    assertThat(json.at("/domain_publish_ms").has("p99")).isTrue();
  }
}
