package dev.attune.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AttuneTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  @TempDir private Path dir;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "up",
        "import",
        "score",
        "watch",
        "topics",
        "topics create",
        "topics check",
        "topics acls",
        "schemas",
        "schemas register",
        "schemas check",
        "setup",
        "base",
        "base train",
        "base check",
        "general",
        "general train",
        "quarantine",
        "quarantine list",
        "quarantine release",
        "models",
        "models list",
        "models show",
        "models pin",
        "models unpin",
        "models rollback",
        "models clean",
        "users",
        "users show",
        "users erase",
        "replay"
      })
  void shouldShowHelp(String command) {
    // Given
    String[] args = (command + " --help").strip().split(" ");

    // When
    int exitCode = run(args);

    // Then
    assertThat(exitCode).isZero();
    assertThat(out.toString()).contains("Usage: attune").contains("--help");
    assertThat(err.toString()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "frobnicate",
        "import",
        "import --format csv x",
        "import --format ukp x --rate 0",
        "import --format ukp x --rate 5 --as-fast-as-possible",
        "score",
        "score --prompt p x.json",
        "score --prompt p --candidate c --generate 2",
        "score --prompt p --generate -1",
        "watch --limit 0",
        "base",
        "topics frob",
        "quarantine",
        "quarantine list --since yesterday",
        "quarantine list --reason NONE",
        "quarantine release",
        "quarantine release --all --user ann",
        "models",
        "models show",
        "models show law --version new",
        "models rollback law --timeout 0",
        "models rollback law --cancel --to 3",
        "models clean --older-than PT1M",
        "models clean --older-than yesterday",
        "users",
        "users erase",
        "users erase ann --timeout 0",
        "users erase ann --verify --dry-run",
        "replay --model law"
      })
  void shouldExitWith2OnWrongUsage(String command) {
    // Given
    String[] args = command.split(" ");

    // When
    int exitCode = run(args);

    // Then
    assertThat(exitCode).isEqualTo(Attune.USAGE);
    assertThat(err.toString()).startsWith("error: ").contains("--help").hasLineCount(2);
  }

  @Test
  void shouldNameTheInputAtFaultInOneLine() {
    // Given
    Path missing = dir.resolve("none");

    // When
    int exitCode = run("import", "--format", "ukp", missing.toString());

    // Then
    assertThat(exitCode).isEqualTo(Attune.FAILURE);
    assertThat(err.toString()).isEqualTo("error: " + missing + ": no such file or folder\n");
  }

  @Test
  void shouldShowTheStackTraceWhenAskedTo() {
    // Given
    Path missing = dir.resolve("none");

    // When
    int exitCode = run("import", "--verbose", "--format", "ukp", missing.toString());

    // Then
    assertThat(exitCode).isEqualTo(Attune.FAILURE);
    assertThat(err.toString()).contains("\tat dev.attune.cli.");
  }

  @Test
  void shouldNameTheLineOfABrokenRequest() throws IOException {
    // Given
    Path file = Files.writeString(dir.resolve("r.json"), "{\"userId\": \"u\",\n oops}");

    // When
    int exitCode = run("score", file.toString());

    // Then
    assertThat(exitCode).isEqualTo(Attune.FAILURE);
    assertThat(err.toString()).isEqualTo("error: " + file + ":2: is no valid JSON\n");
  }

  @Test
  void shouldNameAMissingConfigFile() {
    // Given
    Path missing = dir.resolve("client.properties");

    // When
    int exitCode = run("topics", "check", "--config", missing.toString());

    // Then
    assertThat(exitCode).isEqualTo(Attune.FAILURE);
    assertThat(err.toString()).isEqualTo("error: --config " + missing + ": no such file\n");
  }

  @Test
  void shouldPrintTheRightsWithoutACluster() throws IOException {
    // Given
    Path json = dir.resolve("acls.json");

    // When
    int exitCode = run("topics", "acls", "--dry-run", "--json", json.toString());

    // Then
    assertThat(exitCode).isZero();
    assertThat(out.toString()).contains("User:attune-ingest READ TOPIC LITERAL attune.preferences");
    assertThat(json).content().contains("\"dry_run\" : true");
  }

  @Test
  void shouldNameTheFolderThatIsNoModel() {
    // Given
    Path empty = dir;

    // When
    int exitCode = run("base", "check", empty.toString());

    // Then
    assertThat(exitCode).isEqualTo(Attune.FAILURE);
    assertThat(err.toString()).startsWith("error: " + empty).hasLineCount(1);
  }

  @Test
  void shouldSaySoonThatNoBrokerAnswers() {
    // Given
    String nobody = "127.0.0.1:1";

    // When
    int exitCode = run("score", "--prompt", "q", "--candidate", "a", "--bootstrap", nobody);

    // Then
    assertThat(exitCode).isEqualTo(Attune.FAILURE);
    assertThat(err.toString())
        .startsWith("error: Kafka at 127.0.0.1:1: no broker answers")
        .hasLineCount(1);
  }

  private int run(String... args) {
    return Attune.run(new PrintWriter(out), new PrintWriter(err), args);
  }
}
