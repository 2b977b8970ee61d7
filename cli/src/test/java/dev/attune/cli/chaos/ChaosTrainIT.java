package dev.attune.cli.chaos;

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

/** The short form of {@code attune chaos train}. */
class ChaosTrainIT {
  @TempDir private Path dir;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @Test
  @Timeout(value = 6, unit = TimeUnit.MINUTES)
  void shouldPublishTheSameAlthoughTrainersAreKilled() throws Exception {
    // Given
    Path base = TinyBase.in(dir);
    Path report = dir.resolve("chaos.json");

    // When
    int exitCode =
        Attune.run(
            new PrintWriter(out),
            new PrintWriter(err),
            "chaos",
            "train",
            "--base",
            base.toString(),
            "--events",
            "300",
            "--kills",
            "2",
            "--max-minutes",
            "5",
            "--keep",
            dir.resolve("work").toString(),
            "--json",
            report.toString());

    // Then
    assertThat(exitCode).as(out + "\n" + err).isZero();
    JsonNode result = new ObjectMapper().readTree(report.toFile());
    assertThat(result.at("/tally/models").size()).isGreaterThanOrEqualTo(5);
    assertThat(result.at("/tally/users/states").asInt()).isPositive();
    assertThat(result.at("/tally/users/row_events").asInt()).isPositive();
    assertThat(result.at("/tally/retractions").asInt()).isPositive();
    assertThat(result.at("/tally/erasures").asInt()).isPositive();
    assertThat(result.at("/killed").asInt()).isEqualTo(2);
    assertThat(result.at("/killed_at_work").asInt()).isPositive();
  }
}
