package dev.attune.cli.imports;

import com.fasterxml.jackson.databind.JsonNode;
import dev.attune.schemas.events.Turn;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Two replies to one prompt with a score each; the higher score is preferred, equal ones are a tie.
 *
 * @param index its place in the file, from 0
 * @param line where it starts in the file, from 1
 * @param prompt the turns before the replies
 * @param first a reply
 * @param second the other reply
 * @param firstScore in the data's own unit
 * @param secondScore in the same unit
 */
public record TextPair(
    int index,
    long line,
    List<Turn> prompt,
    String first,
    String second,
    double firstScore,
    double secondScore) {

  /** Copies the prompt. */
  public TextPair {
    prompt = List.copyOf(prompt);
  }

  /** Whether neither is preferred. */
  public boolean tie() {
    return firstScore == secondScore;
  }

  /** Whether the first is preferred. */
  public boolean firstPreferred() {
    return firstScore > secondScore;
  }

  /** Reads a JSON array of {@code {"text": [a, b], "score": [x, y]}}; see {@link Dialogue}. */
  public static List<TextPair> read(Path file) {
    List<TextPair> pairs = new ArrayList<>();
    JsonRows.ofArray(file).forEachRemaining(row -> pairs.add(scored(row, pairs.size())));
    return pairs;
  }

  static TextPair scored(JsonRows.Row row, int index) {
    JsonNode text = row.json().path("text");
    JsonNode score = row.json().path("score");
    if (text.size() != 2 || !text.path(0).isTextual() || !text.path(1).isTextual()) {
      throw BadInput.at(row.file(), row.line(), "\"text\" must be an array of two strings");
    }
    if (score.size() != 2 || !score.path(0).isNumber() || !score.path(1).isNumber()) {
      throw BadInput.at(row.file(), row.line(), "\"score\" must be an array of two numbers");
    }
    return of(
        row,
        index,
        Dialogue.fork(text.get(0).textValue(), text.get(1).textValue()),
        score.get(0).doubleValue(),
        score.get(1).doubleValue());
  }

  /** A row of Anthropic's raw HH data: {@code {"chosen": …, "rejected": …}}. */
  static TextPair chosenRejected(JsonRows.Row row, int index) {
    return of(row, index, Dialogue.fork(row.text("chosen"), row.text("rejected")), 1, 0);
  }

  private static TextPair of(
      JsonRows.Row row, int index, Dialogue.Fork fork, double firstScore, double secondScore) {
    return new TextPair(
        index, row.line(), fork.prompt(), fork.first(), fork.second(), firstScore, secondScore);
  }
}
