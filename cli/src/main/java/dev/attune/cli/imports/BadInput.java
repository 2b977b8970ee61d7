package dev.attune.cli.imports;

import dev.attune.cli.CliException;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Errors about input files: one line that names the file and, where there is one, the line. */
final class BadInput {
  private BadInput() {}

  static CliException at(Path file, long line, String problem) {
    return new CliException(place(file, line) + ": " + problem);
  }

  static CliException at(Path file, long line, String problem, Throwable cause) {
    return new CliException(place(file, line) + ": " + problem, cause);
  }

  static CliException unreadable(Path file, IOException cause) {
    if (cause instanceof NoSuchFileException || Files.notExists(file)) {
      return new CliException(file + ": no such file", cause);
    }
    if (Files.isDirectory(file)) {
      return new CliException(file + ": is a folder, a file is expected", cause);
    }
    return new CliException(file + ": cannot be read (" + cause.getMessage() + ")", cause);
  }

  static String place(Path file, long line) {
    return file + ":" + line;
  }

  /** Opens a file of UTF-8 text; malformed bytes fail the read. */
  static BufferedReader open(Path file) {
    try {
      return Files.newBufferedReader(file, StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw unreadable(file, e);
    }
  }

  /** The file itself, or the one of this name in the folder. */
  static Path fileIn(Path fileOrFolder, String name) {
    if (!Files.isDirectory(fileOrFolder)) {
      return fileOrFolder;
    }
    Path file = fileOrFolder.resolve(name);
    if (Files.notExists(file)) {
      throw new CliException(fileOrFolder + ": has no file " + name);
    }
    return file;
  }
}
