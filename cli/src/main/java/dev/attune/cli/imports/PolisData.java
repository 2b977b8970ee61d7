package dev.attune.cli.imports;

import dev.attune.cli.CliException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;
import org.apache.commons.csv.CSVRecord;

/**
 * Votes on short statements, as Polis exports them: {@code *.votes.csv}, {@code *.statements.csv}.
 */
final class PolisData {
  private static final String VOTES = ".votes.csv";
  private static final String STATEMENTS = ".statements.csv";

  /**
   * A vote.
   *
   * @param conversation the files' common name
   * @param text the statement; empty where the statements' file has none of this id
   * @param vote 1 agree, 0 pass, -1 disagree
   */
  record Vote(
      Path file,
      long line,
      String conversation,
      Instant at,
      String voter,
      String statement,
      String text,
      int vote) {}

  private PolisData() {}

  /** All votes of a folder, conversation by conversation, each in its file's order. */
  static List<Vote> read(Path folder) {
    if (!Files.isDirectory(folder)) {
      throw new CliException(folder + ": must be the folder with *" + VOTES + " files");
    }
    List<Path> files;
    try (Stream<Path> all = Files.list(folder)) {
      files = all.filter(file -> file.toString().endsWith(VOTES)).sorted().toList();
    } catch (IOException e) {
      throw BadInput.unreadable(folder, e);
    }
    if (files.isEmpty()) {
      throw new CliException(folder + ": has no file *" + VOTES);
    }
    List<Vote> votes = new ArrayList<>();
    for (Path file : files) {
      String name = file.getFileName().toString();
      String conversation = name.substring(0, name.length() - VOTES.length());
      Map<String, String> texts = new HashMap<>();
      rows(
          BadInput.fileIn(folder, conversation + STATEMENTS),
          (row, line) -> texts.put(row.get("statement"), row.get("text")),
          "statement",
          "text");
      rows(
          file,
          (row, line) -> votes.add(vote(file, line, conversation, row, texts)),
          "timestamp_ms",
          "voter",
          "statement",
          "vote");
    }
    return votes;
  }

  private interface RowReader {
    void read(CSVRecord row, long line);
  }

  private static void rows(Path file, RowReader reader, String... columns) {
    try (CSVParser parser =
        CSVFormat.RFC4180
            .builder()
            .setHeader()
            .setSkipHeaderRecord(true)
            .get()
            .parse(BadInput.open(file))) {
      if (!parser.getHeaderNames().containsAll(List.of(columns))) {
        throw BadInput.at(file, 1, "must have the columns " + String.join(",", columns));
      }
      for (CSVRecord row : parser) {
        if (!row.isConsistent()) {
          throw BadInput.at(
              file,
              parser.getCurrentLineNumber(),
              "has " + row.size() + " fields, " + parser.getHeaderNames().size() + " are expected");
        }
        reader.read(row, parser.getCurrentLineNumber());
      }
    } catch (IOException | UncheckedIOException e) {
      throw new CliException(file + ": is no valid CSV (" + e.getMessage() + ")", e);
    }
  }

  private static Vote vote(
      Path file, long line, String conversation, CSVRecord row, Map<String, String> texts) {
    try {
      int vote = Integer.parseInt(row.get("vote"));
      if (vote < -1 || vote > 1) {
        throw BadInput.at(file, line, "vote must be 1, 0 or -1");
      }
      return new Vote(
          file,
          line,
          conversation,
          Instant.ofEpochMilli(Long.parseLong(row.get("timestamp_ms"))),
          row.get("voter"),
          row.get("statement"),
          texts.getOrDefault(row.get("statement"), ""),
          vote);
    } catch (NumberFormatException e) {
      throw BadInput.at(file, line, "timestamp_ms and vote must be whole numbers", e);
    }
  }
}
