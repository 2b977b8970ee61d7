package dev.attune.model.io;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/** Typed access to a JSON object whose errors name the file and the field. */
final class JsonFields {
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private final Object source;
  private final String prefix;
  private final JsonNode object;

  private JsonFields(Object source, String prefix, JsonNode object) {
    this.source = source;
    this.prefix = prefix;
    this.object = object;
  }

  static JsonFields read(Path file) {
    try {
      return of(file, JSON.readTree(Files.readAllBytes(file)));
    } catch (NoSuchFileException e) {
      throw new ModelFormatException(file, "no such file", e);
    } catch (JsonProcessingException e) {
      throw new ModelFormatException(file, "not JSON: " + e.getOriginalMessage(), e);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + file, e);
    }
  }

  static JsonFields of(Object source, JsonNode object) {
    if (!object.isObject()) {
      throw new ModelFormatException(source, "not a JSON object");
    }
    return new JsonFields(source, "", object);
  }

  /** Present and not null. */
  boolean has(String field) {
    return object.hasNonNull(field);
  }

  /** Present, though it may be null. */
  boolean mentions(String field) {
    return object.has(field);
  }

  Iterable<String> names() {
    return ((ObjectNode) object)::fieldNames;
  }

  int positive(String field) {
    JsonNode node = required(field);
    if (!node.isIntegralNumber() || !node.canConvertToInt() || node.intValue() < 1) {
      throw wrong(field, "a positive integer");
    }
    return node.intValue();
  }

  int positive(String field, int absent) {
    return has(field) ? positive(field) : absent;
  }

  /** Zero or more. */
  int nonNegative(String field, int absent) {
    if (!has(field)) {
      return absent;
    }
    JsonNode node = object.get(field);
    if (!node.isIntegralNumber() || !node.canConvertToInt() || node.intValue() < 0) {
      throw wrong(field, "an integer from 0");
    }
    return node.intValue();
  }

  double positiveNumber(String field) {
    JsonNode node = required(field);
    if (!node.isNumber() || !(node.doubleValue() > 0) || Double.isInfinite(node.doubleValue())) {
      throw wrong(field, "a positive number");
    }
    return node.doubleValue();
  }

  double positiveNumber(String field, double absent) {
    return has(field) ? positiveNumber(field) : absent;
  }

  boolean flag(String field, boolean absent) {
    if (!has(field)) {
      return absent;
    }
    if (!object.get(field).isBoolean()) {
      throw wrong(field, "true or false");
    }
    return object.get(field).booleanValue();
  }

  String text(String field) {
    if (!required(field).isTextual()) {
      throw wrong(field, "a string");
    }
    return object.get(field).textValue();
  }

  @Nullable String textOrNull(String field) {
    return has(field) ? text(field) : null;
  }

  /** A token id; null and negative mean none, as in many published files. */
  OptionalInt tokenId(String field) {
    if (!has(field)) {
      return OptionalInt.empty();
    }
    JsonNode node = object.get(field);
    if (!node.isIntegralNumber() || !node.canConvertToInt()) {
      throw wrong(field, "a token id");
    }
    return node.intValue() < 0 ? OptionalInt.empty() : OptionalInt.of(node.intValue());
  }

  /** A token id or a list of them. */
  List<Integer> tokenIds(String field) {
    if (has(field) && object.get(field).isArray()) {
      return elements(field).stream()
          .map(
              node -> {
                if (!node.canConvertToInt() || !node.isIntegralNumber() || node.intValue() < 0) {
                  throw wrong(field, "a token id or a list of token ids");
                }
                return node.intValue();
              })
          .toList();
    }
    return tokenId(field).stream().boxed().toList();
  }

  List<String> texts(String field) {
    return elements(field).stream()
        .map(
            node -> {
              if (!node.isTextual()) {
                throw wrong(field, "a list of strings");
              }
              return node.textValue();
            })
        .toList();
  }

  JsonFields object(String field) {
    if (!required(field).isObject()) {
      throw wrong(field, "a JSON object");
    }
    return new JsonFields(source, prefix + field + ".", object.get(field));
  }

  /** An error that names the field, its value and what is allowed. */
  ModelFormatException wrong(String field, String allowed) {
    return new ModelFormatException(
        source, "%s%s is %s; allowed: %s".formatted(prefix, field, object.path(field), allowed));
  }

  private List<JsonNode> elements(String field) {
    if (!required(field).isArray()) {
      throw wrong(field, "a list");
    }
    return object.get(field).valueStream().toList();
  }

  private JsonNode required(String field) {
    if (!has(field)) {
      throw new ModelFormatException(source, prefix + field + " is missing");
    }
    return object.get(field);
  }
}
