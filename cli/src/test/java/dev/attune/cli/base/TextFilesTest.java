package dev.attune.cli.base;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.attune.cli.CliException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TextFilesTest {
  @TempDir private Path dir;

  @Test
  void shouldPartPassagesAtBlankLines() throws IOException {
    // Given
    Files.writeString(dir.resolve("b.txt"), "three\n");
    Files.writeString(dir.resolve("a.md"), "one\nmore\n\n  \ntwo\r\n\r\n");
    Files.writeString(dir.resolve("c.bin"), "no text");

    // When
    List<String> passages = TextFiles.passages(List.of(dir));

    // Then
    assertThat(passages).containsExactly("one\nmore", "two", "three");
  }

  @Test
  void shouldNameAFileThatIsNoText() throws IOException {
    // Given
    Path file = Files.write(dir.resolve("x.txt"), new byte[] {(byte) 0xff, (byte) 0xfe, 0});

    // When
    var thrown = assertThatThrownBy(() -> TextFiles.passages(List.of(file)));

    // Then
    thrown.isInstanceOf(CliException.class).hasMessage(file + ": is no text in UTF-8");
  }
}
