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

/** The short form of {@code attune chaos score}. */
class ChaosScoreIT {
  private static final int REQUESTS = 1_000;

  @TempDir private Path dir;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @Test
  @Timeout(value = 5, unit = TimeUnit.MINUTES)
  void shouldAnswerEachRequestOnceAlthoughProcessesAreKilled() throws Exception {
    // Given
    Path base = TinyBase.in(dir);
    Path report = dir.resolve("chaos.json");

    // When
    int exitCode =
        Attune.run(
            new PrintWriter(out),
            new PrintWriter(err),
            "chaos",
            "score",
            "--base",
            base.toString(),
            "--requests",
            String.valueOf(REQUESTS),
            "--kills",
            "2",
            "--leaves",
            "1",
            "--rate",
            "100",
            "--max-minutes",
            "4",
            "--keep",
            dir.resolve("work").toString(),
            "--json",
            report.toString());

    // Then
    assertThat(exitCode).as(out + "\n" + err).isZero();
    JsonNode result = new ObjectMapper().readTree(report.toFile());
    assertThat(result.at("/tally/answers").asInt()).isEqualTo(REQUESTS);
    assertThat(result.at("/tally/codes/MALFORMED/found").asInt()).isPositive();
    assertThat(result.at("/tally/codes/NO_CANDIDATES/found").asInt()).isPositive();
    assertThat(result.at("/tally/codes/DEADLINE_PASSED/found").asInt()).isPositive();
    assertThat(result.at("/tally/after/requests").asInt()).isPositive();
    assertThat(result.at("/tally/repeats/compared").asInt()).isPositive();
    assertThat(result.at("/tally/versions/general").asInt()).isGreaterThan(1);
    assertThat(result.at("/killed").asInt()).isEqualTo(2);
    assertThat(result.at("/left").asInt()).isEqualTo(1);
  }
}
