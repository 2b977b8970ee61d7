package dev.attune.cli.readme;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.cli.Attune;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Holds the README and the manual to what there is. */
class ReadmeTest {
  private static final Path ROOT = Path.of("..");

  @Test
  void shouldShowTheProgramThatTheBuildRuns() throws IOException {
    // Given
    String program =
        Files.readString(Path.of("src/test/java/dev/attune/cli/readme/ChatProduct.java"));

    // When
    String readme = Files.readString(ROOT.resolve("README.md"));

    // Then
    assertThat(readme).contains("<!-- example: ChatProduct -->\n```java\n" + program + "```");
  }

  @Test
  void shouldNameOnlyCommandsThatThereAre() throws IOException {
    // Given
    TreeSet<String> named = new TreeSet<>();
    Pattern command = Pattern.compile("\\./attune ([a-z]+)");
    for (Path page : pages()) {
      command.matcher(Files.readString(page)).results().map(m -> m.group(1)).forEach(named::add);
    }

    // When
    List<String> unknown = named.stream().filter(name -> help(name) != Attune.OK).toList();

    // Then
    assertThat(named).contains("demo", "up", "import", "score", "watch");
    assertThat(unknown).isEmpty();
  }

  @Test
  void shouldLinkOnlyToFilesThatThereAre() throws IOException {
    // Given
    Pattern link = Pattern.compile("\\]\\((?!https?:|#)([^)#]+)[^)]*\\)");

    // When
    List<String> broken =
        pages().stream()
            .flatMap(
                page ->
                    link.matcher(read(page))
                        .results()
                        .map((MatchResult m) -> page.resolveSibling(m.group(1)).normalize())
                        .filter(target -> !Files.exists(target))
                        .map(target -> page + " -> " + target))
            .toList();

    // Then
    assertThat(broken).isEmpty();
  }

  private static int help(String command) {
    PrintWriter nowhere = new PrintWriter(new StringWriter());
    return Attune.run(nowhere, nowhere, command, "--help");
  }

  private static List<Path> pages() throws IOException {
    try (Stream<Path> docs = Files.list(ROOT.resolve("docs"))) {
      return Stream.concat(
              Stream.of(ROOT.resolve("README.md")),
              docs.filter(path -> path.toString().endsWith(".md")))
          .toList();
    }
  }

  private static String read(Path page) {
    try {
      return Files.readString(page);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
