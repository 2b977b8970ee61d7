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

/** The benchmark of serving runs and reports; how fast anything is, no test says. */
class BenchScoreIT {
  @TempDir private Path dir;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @Test
  @Timeout(value = 4, unit = TimeUnit.MINUTES)
  void shouldReportServingBesideItsYardsticks() throws Exception {
    // Given
    Path base = TinyBase.in(dir);
    Path report = dir.resolve("report");

    // When
    int exitCode =
        Attune.run(
            new PrintWriter(out),
            new PrintWriter(err),
            "bench",
            "score",
            "--base",
            base.toString(),
            "--precision",
            "fp32",
            "--concurrent",
            "1,4",
            "--seconds",
            "0.2",
            "--rounds",
            "2",
            "--report",
            report.toString());

    // Then: a request without rewards would have been a failure
    assertThat(exitCode).as(out + "\n" + err).isZero();
    assertThat(out.toString()).contains("one candidate a pass", "1000 users, 4 at a time");
    assertThat(report.resolve("score.html")).content().contains("1000 users, 4 at a time");
    JsonNode json = new ObjectMapper().readTree(report.resolve("score.json").toFile());
    assertThat(json.get("unit").asText()).isEqualTo("requests/s");
    for (String figure : new String[] {"value", "yardstick", "ratio", "request_flops"}) {
      assertThat(json.get(figure).doubleValue()).as(figure).isPositive();
    }
    assertThat(json.get("largest_difference").doubleValue()).isLessThan(1e-4);
    assertThat(json.get("prompt_tokens").doubleValue()).isBetween(300.0, 320.0);
    assertThat(json.get("reply_tokens").doubleValue()).isBetween(100.0, 112.0);
    assertThat(json.get("served")).hasSize(4);
    for (JsonNode row : json.get("served")) {
      assertThat(row.at("/requests").asInt()).isPositive();
      assertThat(row.at("/peak_share").doubleValue()).isPositive();
      assertThat(row.at("/p99_ms/median").doubleValue())
          .isGreaterThanOrEqualTo(row.at("/p50_ms/median").doubleValue());
    }
    assertThat(json.at("/swaps/swaps").asInt()).isPositive();
    assertThat(json.at("/offline_ratio/median").doubleValue()).isPositive();
  }

  @Test
  void shouldRefuseWhatBelongsToTheOtherForm() {
    // Given
    String option = "--size";

    // When
    int exitCode =
        Attune.run(new PrintWriter(out), new PrintWriter(err), "bench", "score", option, "small");

    // Then
    assertThat(exitCode).isEqualTo(Attune.FAILURE);
    assertThat(err.toString()).contains("--size needs --offline");
  }
}
