package dev.attune.platform;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Keeps the tables of settings in the manual equal to the code. A document marks the place of a
 * table by two comments: {@code <!-- settings: NAME -->} and {@code <!-- end: NAME -->}.
 */
public final class ConfigDocs {
  /** Set to true, a test writes the table instead of failing. */
  private static final String WRITE = "attune.docs.write";

  private ConfigDocs() {}

  /** A Markdown table, a row a setting. */
  public static String table(List<ConfigKey<?>> keys) {
    StringBuilder table =
        new StringBuilder("| setting | type | default | allowed | what it does |\n")
            .append("|---|---|---|---|---|\n");
    for (ConfigKey<?> key : keys) {
      table.append(
          "| `%s` | %s | %s | %s | %s |%n"
              .formatted(key.name(), key.type(), defaultCell(key), key.allowed(), key.doc()));
    }
    return table.toString().replace(System.lineSeparator(), "\n");
  }

  /**
   * Fails where a document's table is not that of the code. With {@code -Dattune.docs.write=true}
   * it writes the table instead.
   *
   * @param document such as docs/configuration.md
   * @param name of the table in the document
   * @throws IllegalStateException saying how to bring it up to date
   */
  public static void requireCurrent(Path document, String name, List<ConfigKey<?>> keys) {
    try {
      String before = Files.readString(document);
      String after = replaced(document, before, name, table(keys));
      if (after.equals(before)) {
        return;
      }
      if (!Boolean.getBoolean(WRITE)) {
        throw new IllegalStateException(
            "%s: the table %s is stale; run the test with -D%s=true to write it"
                .formatted(document, name, WRITE));
      }
      Files.writeString(document, after);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String replaced(Path document, String text, String name, String table) {
    String begin = "<!-- settings: " + name + " -->\n";
    String end = "<!-- end: " + name + " -->";
    int from = text.indexOf(begin);
    int to = text.indexOf(end);
    if (from < 0 || to < from) {
      throw new IllegalStateException(
          "%s has no place for the table: needs %s and %s".formatted(document, begin.strip(), end));
    }
    return text.substring(0, from + begin.length()) + table + text.substring(to);
  }

  private static String defaultCell(ConfigKey<?> key) {
    if (key.defaultValue() != null) {
      return "`" + key.defaultText() + "`";
    }
    return key.required() ? "required" : "none";
  }
}
