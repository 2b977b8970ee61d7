package dev.attune.cli.base;

import dev.attune.cli.CliException;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Plain text as training passages: files in UTF-8, parted at blank lines. */
final class TextFiles {
  private static final Pattern BLANK_LINES = Pattern.compile("\\R(?:[ \\t]*\\R)+");

  private TextFiles() {}

  /** The passages of files and of the *.txt and *.md files below folders, in order of name. */
  static List<String> passages(List<Path> filesAndFolders) {
    List<String> passages = new ArrayList<>();
    for (Path path : filesAndFolders) {
      for (Path file : files(path)) {
        for (String passage : BLANK_LINES.split(read(file), -1)) {
          if (!passage.isBlank()) {
            passages.add(passage.strip());
          }
        }
      }
    }
    if (passages.isEmpty()) {
      throw new CliException("no text in " + filesAndFolders);
    }
    return passages;
  }

  private static List<Path> files(Path path) {
    if (!Files.isDirectory(path)) {
      return List.of(path);
    }
    try (Stream<Path> all = Files.walk(path)) {
      return all.filter(Files::isRegularFile).filter(TextFiles::isText).sorted().toList();
    } catch (IOException e) {
      throw new CliException(path + ": cannot be read (" + e.getMessage() + ")", e);
    }
  }

  private static boolean isText(Path file) {
    return file.toString().endsWith(".txt") || file.toString().endsWith(".md");
  }

  private static String read(Path file) {
    try {
      return Files.readString(file, StandardCharsets.UTF_8);
    } catch (CharacterCodingException e) {
      throw new CliException(file + ": is no text in UTF-8", e);
    } catch (IOException e) {
      throw new CliException(
          file + (Files.exists(file) ? ": cannot be read" : ": no such file"), e);
    }
  }
}
