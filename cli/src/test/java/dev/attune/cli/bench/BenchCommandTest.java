package dev.attune.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.attune.cli.Attune;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The benchmarks run and report; how fast anything is, no test says. */
class BenchCommandTest {
  @TempDir private Path dir;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @ParameterizedTest
  @ValueSource(strings = {"train", "score"})
  void shouldReportEachFigureBesideItsYardstick(String benchmark) throws IOException {
    // Given
    Path report = dir.resolve("report");
    List<String> command = new ArrayList<>(List.of("bench", benchmark, "--quick", "--report"));
    command.add(report.toString());
    if (benchmark.equals("score")) {
      command.add("--offline");
    }

    // When
    int exitCode = run(command.toArray(String[]::new));

    // Then
    assertThat(exitCode).as(out + "" + err).isZero();
    assertThat(out.toString()).contains("8 candidates", "prompt sharing", "8 adapters");
    assertThat(report.resolve(benchmark + ".html")).content().contains("<svg");
    JsonNode json = new ObjectMapper().readTree(report.resolve(benchmark + ".json").toFile());
    assertThat(json.get("unit").asText()).isEqualTo("tokens/s");
    for (String figure : new String[] {"value", "yardstick", "ratio"}) {
      assertThat(json.get(figure).doubleValue()).as(figure).isPositive();
    }
    assertThat(json.get("ratio_interval")).hasSize(2);
    assertThat(json.get("gemm_flops").get("bf16").doubleValue()).isPositive();
    assertThat(json.get("sizes").get(0).get("candidates")).hasSize(4);
    assertThat(json.get("prompt_sharing").get("ratio").doubleValue()).isPositive();
    assertThat(json.get("costs")).hasSize(3);
  }

  @Test
  void shouldRefuseNoRounds() {
    // Given
    String rounds = "0";

    // When
    int exitCode = run("bench", "train", "--size", "tiny", "--rounds", rounds);

    // Then
    assertThat(exitCode).isEqualTo(Attune.FAILURE);
    assertThat(err.toString()).contains("--rounds 0");
  }

  private int run(String... args) {
    return Attune.run(new PrintWriter(out), new PrintWriter(err), args);
  }
}
