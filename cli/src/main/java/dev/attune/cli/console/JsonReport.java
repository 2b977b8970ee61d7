package dev.attune.cli.console;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import dev.attune.cli.CliException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.jspecify.annotations.Nullable;

/** Writes a command's result to the file of {@code --json}; field names are a contract. */
public final class JsonReport {
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  private JsonReport() {}

  /**
   * Writes a result, whole or not at all.
   *
   * @param file the file, or null where none was asked for (then nothing happens)
   * @param result maps, lists, numbers, strings, booleans and nulls, or a record of them
   * @throws CliException where the file cannot be written
   */
  public static void write(@Nullable Path file, Object result) {
    if (file == null) {
      return;
    }
    Path target = file.toAbsolutePath();
    Path part = target.resolveSibling(target.getFileName() + ".part");
    try {
      if (target.getParent() != null) {
        Files.createDirectories(target.getParent());
      }
      Files.write(part, JSON.writeValueAsBytes(result));
      Files.move(part, target, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new CliException("--json " + file + ": cannot be written (" + e.getMessage() + ")", e);
    }
  }
}
