package dev.attune.cli.imports;

import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;
import org.apache.commons.csv.CSVRecord;

/**
 * UKPConvArg1 (Habernal and Gurevych 2016): people's judgments which of two arguments is more
 * convincing, in time order.
 */
public final class UkpData {
  private static final String JUDGMENTS = "judgments.csv";
  private static final String ARGUMENTS = "arguments.jsonl";
  private static final List<String> COLUMNS =
      List.of("timestamp", "user", "domain", "argument1", "argument2", "choice");
  private static final Set<String> CHOICES = Set.of("a1", "a2", "equal");

  /** An argument for one side of a topic. */
  public record Argument(String domain, String title, String stance, String text) {}

  /**
   * A judgment.
   *
   * @param line its line in the file, from 1
   * @param choice a1, a2 or equal
   */
  public record Judgment(
      long line,
      Instant at,
      String user,
      String domain,
      String argument1,
      String argument2,
      String choice) {}

  private final Path judgments;
  private final Map<String, Argument> arguments;

  private UkpData(Path judgments, Map<String, Argument> arguments) {
    this.judgments = judgments;
    this.arguments = arguments;
  }

  /** Reads the arguments of a folder; the judgments are read when they are asked for. */
  public static UkpData open(Path folder) {
    if (!Files.isDirectory(folder)) {
      throw new dev.attune.cli.CliException(
          folder + ": must be the folder with " + JUDGMENTS + " and " + ARGUMENTS);
    }
    Map<String, Argument> arguments = new HashMap<>();
    JsonRows.ofLines(BadInput.fileIn(folder, ARGUMENTS))
        .forEachRemaining(
            row ->
                arguments.put(
                    row.text("arg"),
                    new Argument(
                        row.text("domain"),
                        row.text("title"),
                        row.text("stance"),
                        row.text("text"))));
    return new UkpData(BadInput.fileIn(folder, JUDGMENTS), arguments);
  }

  /** The file of judgments. */
  public Path judgmentsFile() {
    return judgments;
  }

  /** An argument by the domain and the id that a judgment names; null where there is none. */
  public @org.jspecify.annotations.Nullable Argument argument(String domain, String id) {
    return arguments.get(domain + "#" + id);
  }

  /** The judgments in the file's order, read as they are taken. */
  public Iterator<Judgment> judgments() {
    CSVParser parser = parser();
    Iterator<CSVRecord> rows = parser.iterator();
    return new Iterator<>() {
      @Override
      public boolean hasNext() {
        boolean more = read(parser, rows::hasNext);
        if (!more) {
          close(parser);
        }
        return more;
      }

      @Override
      public Judgment next() {
        CSVRecord row = read(parser, rows::next);
        return judgment(row, parser.getCurrentLineNumber());
      }
    };
  }

  private CSVParser parser() {
    try {
      Reader reader = BadInput.open(judgments);
      CSVParser parser =
          CSVFormat.RFC4180.builder().setHeader().setSkipHeaderRecord(true).get().parse(reader);
      if (!parser.getHeaderNames().containsAll(COLUMNS)) {
        parser.close();
        throw BadInput.at(judgments, 1, "must have the columns " + String.join(",", COLUMNS));
      }
      return parser;
    } catch (IOException e) {
      throw BadInput.unreadable(judgments, e);
    }
  }

  private Judgment judgment(CSVRecord row, long line) {
    if (!row.isConsistent()) {
      throw BadInput.at(
          judgments, line, "has " + row.size() + " fields, " + COLUMNS.size() + " are expected");
    }
    Instant at;
    try {
      at = Instant.parse(row.get("timestamp"));
    } catch (DateTimeParseException e) {
      throw BadInput.at(judgments, line, "timestamp must be ISO-8601 in UTC", e);
    }
    if (!CHOICES.contains(row.get("choice"))) {
      throw BadInput.at(judgments, line, "choice must be one of a1, a2, equal");
    }
    return new Judgment(
        line,
        at,
        row.get("user"),
        row.get("domain"),
        row.get("argument1"),
        row.get("argument2"),
        row.get("choice"));
  }

  private <T> T read(CSVParser parser, java.util.function.Supplier<T> step) {
    try {
      return step.get();
    } catch (UncheckedIOException e) {
      close(parser);
      throw BadInput.at(
          judgments, parser.getCurrentLineNumber(), "is no valid CSV: " + e.getMessage(), e);
    }
  }

  private void close(CSVParser parser) {
    try {
      parser.close();
    } catch (IOException e) {
      throw BadInput.unreadable(judgments, e);
    }
  }
}
