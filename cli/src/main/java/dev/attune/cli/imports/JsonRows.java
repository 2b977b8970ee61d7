package dev.attune.cli.imports;

import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/**
 * The objects of a JSON array, or of a file with one object a line, one after the other, each with
 * its line. The file is closed at its end or at the first error.
 */
final class JsonRows implements Iterator<JsonRows.Row> {
  private static final ObjectMapper JSON =
      JsonMapper.builder().disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION).build();

  /** An object and the line where it starts, counted from 1. */
  record Row(Path file, long line, JsonNode json) {
    /** The text of a field; a missing one or one of another type is an error. */
    String text(String field) {
      JsonNode value = json.path(field);
      if (!value.isTextual()) {
        throw BadInput.at(
            file, line, value.isMissingNode() ? missing(field) : "\"" + field + "\" is no string");
      }
      return value.textValue();
    }

    static String missing(String field) {
      return "\"" + field + "\" is missing";
    }
  }

  private final Path file;
  private final BufferedReader reader;
  private final boolean lines;
  private final @Nullable JsonParser parser;
  private long line;
  private @Nullable Row next;

  private JsonRows(Path file, boolean lines) {
    this.file = file;
    this.lines = lines;
    this.reader = BadInput.open(file);
    try {
      parser = lines ? null : JSON.getFactory().createParser(reader);
      if (parser != null && parser.nextToken() != JsonToken.START_ARRAY) {
        throw closed(BadInput.at(file, 1, "is no JSON array"));
      }
    } catch (IOException e) {
      throw closed(failed(e));
    }
    next = read();
  }

  /** Rows of a file that holds one JSON array. */
  static JsonRows ofArray(Path file) {
    return new JsonRows(file, false);
  }

  /** Rows of a file that holds one JSON object a line; blank lines are passed over. */
  static JsonRows ofLines(Path file) {
    return new JsonRows(file, true);
  }

  @Override
  public boolean hasNext() {
    return next != null;
  }

  @Override
  public Row next() {
    Row row = next;
    if (row == null) {
      throw new NoSuchElementException();
    }
    next = read();
    return row;
  }

  private @Nullable Row read() {
    try {
      Row row = lines ? readLine() : readElement();
      if (row == null) {
        reader.close();
      } else if (!row.json().isObject()) {
        throw closed(BadInput.at(file, row.line(), "is no JSON object"));
      }
      return row;
    } catch (IOException e) {
      throw closed(failed(e));
    }
  }

  private @Nullable Row readLine() throws IOException {
    String text;
    do {
      text = reader.readLine();
      line++;
    } while (text != null && text.isBlank());
    return text == null ? null : new Row(file, line, JSON.readTree(text));
  }

  private @Nullable Row readElement() throws IOException {
    if (parser == null) {
      throw new IllegalStateException();
    }
    JsonToken token = parser.nextToken();
    if (token == JsonToken.END_ARRAY) {
      return null;
    }
    line = parser.currentLocation().getLineNr();
    if (token == null) {
      throw new JsonParseException(parser, "the array does not end");
    }
    return new Row(file, line, JSON.readTree(parser));
  }

  private RuntimeException failed(IOException e) {
    if (e instanceof JsonProcessingException json) {
      long at = lines || json.getLocation() == null ? line : json.getLocation().getLineNr();
      return BadInput.at(file, Math.max(1, at), "is no valid JSON: " + brief(json), e);
    }
    return BadInput.unreadable(file, e);
  }

  /** The parser's first sentence: what it expected, without the text that it met. */
  private static String brief(JsonProcessingException e) {
    return e.getOriginalMessage().lines().findFirst().orElse("malformed");
  }

  private RuntimeException closed(RuntimeException e) {
    try {
      reader.close();
    } catch (IOException suppressed) {
      e.addSuppressed(suppressed);
    }
    return e;
  }
}
