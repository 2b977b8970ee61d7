package dev.attune.cli.base;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.cli.Attune;
import dev.attune.cli.TestData;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BaseCommandTest {
  @TempDir private Path dir;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @ParameterizedTest
  @CsvSource({
    "llama-dynamic, 5",
    "llama-linear, 5",
    "llama-llama3, 7",
    "llama-rope-parameters, 5",
    "mistral-window, 5",
    "qwen2-bias-bf16, 5",
    "qwen3-headdim, 5"
  })
  void shouldAgreeWithGoldenOutputs(String name, int cases) {
    // Given
    Path golden = TestData.folder("goldens/" + name);
    Path report = dir.resolve("report.json");

    // When
    int exitCode = run("base", "check", golden.toString(), "--json", report.toString());

    // Then
    assertThat(exitCode).as(out + "" + err).isZero();
    assertThat(out.toString())
        .contains("%d of %d cases agree".formatted(cases, cases))
        .doesNotContain("BEYOND");
    assertThat(report).content().contains("\"ok\" : true", "\"hidden_states\"", "\"logprobs\"");
  }

  @Test
  void shouldFailWhereTheModelIsComputedOtherwise() throws IOException {
    // Given
    copy(TestData.folder("goldens/llama-linear"), dir);
    Path config = dir.resolve("config.json");
    Files.writeString(
        config, Files.readString(config).replaceFirst("\"factor\": [0-9.]+", "\"factor\": 1.5"));

    // When
    int exitCode = run("base", "check", dir.toString());

    // Then
    assertThat(exitCode).as(err.toString()).isEqualTo(Attune.FAILURE);
    assertThat(out.toString()).contains("BEYOND TOLERANCE");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'\"model_type\": \"llama\"' | '\"model_type\": \"gpt2\"' | config.json: model_type is \"gpt2\"; allowed: llama, mistral, qwen2, qwen3",
        "'\"linear\"' | '\"yarn\"' | config.json: rope_scaling.type is \"yarn\"; allowed: default, linear, dynamic, llama3",
        "'\"vocab_size\": 320' | '\"vocab_size\": 32' | model.safetensors: tensor 'model.embed_tokens.weight': shape is [320, 48]; config.json asks for [32, 48]"
      })
  void shouldSayInOneLineWhatDoesNotFit(String said, String instead, String problem)
      throws IOException {
    // Given
    copy(TestData.folder("goldens/llama-linear"), dir);
    Path config = dir.resolve("config.json");
    String before = Files.readString(config);
    assertThat(before).contains(said);
    Files.writeString(config, before.replace(said, instead));

    // When
    int exitCode = run("base", "check", dir.toString());

    // Then
    assertThat(exitCode).isEqualTo(Attune.FAILURE);
    assertThat(err.toString().lines()).containsExactly("error: " + dir + "/" + problem);
  }

  @ParameterizedTest
  @ValueSource(strings = {"tiny", "demo", "evaluation"})
  void shouldTrainABaseThatItFindsInOrder(String preset) throws IOException {
    // Given
    Path text = dir.resolve("text.txt");
    Files.writeString(text, "Ice floats on water.\n\n".repeat(30));
    Path base = dir.resolve("base");
    int trained =
        run(
            "base",
            "train",
            base.toString(),
            "--text",
            text.toString(),
            "--preset",
            preset,
            "--steps",
            "1");
    assertThat(trained).as(err.toString()).isZero();

    // When
    int exitCode = run("base", "check", base.toString());

    // Then
    assertThat(exitCode).as(err.toString()).isZero();
    assertThat(out.toString()).contains("llama", "template     attune", "end of reply 1", "sample");
  }

  private int run(String... args) {
    return Attune.run(new PrintWriter(out), new PrintWriter(err), args);
  }

  private static void copy(Path from, Path to) throws IOException {
    List<Path> files;
    try (Stream<Path> all = Files.list(from)) {
      files = all.toList();
    }
    for (Path file : files) {
      Files.write(to.resolve(file.getFileName()), Files.readAllBytes(file));
    }
  }
}
