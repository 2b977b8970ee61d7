package dev.attune.scorer.http;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.attune.schemas.json.AvroJson;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import org.apache.avro.specific.SpecificRecord;

/**
 * Reads a body that anybody may have written: one JSON object in UTF-8 (RFC 8259), each name once,
 * within limits that keep what it costs in proportion to its length. Thread-safe.
 */
final class JsonBody {
  /**
   * The deepest that a record needs is 6: an event, its signal, a ranking, tiers, a tier, an id.
   */
  private static final int DEPTH = 16;

  private static final int NAME = 1024;
  private static final int NUMBER = 64;
  private static final int TOKENS = 100_000;

  private final ObjectReader reader;

  /**
   * @param maxBytes of a body; no text of it is longer
   */
  JsonBody(int maxBytes) {
    JsonFactory factory =
        JsonFactory.builder()
            .streamReadConstraints(
                StreamReadConstraints.builder()
                    .maxNestingDepth(DEPTH)
                    .maxNameLength(NAME)
                    .maxNumberLength(NUMBER)
                    .maxStringLength(maxBytes)
                    .maxTokenCount(TOKENS)
                    .build())
            // Names that clients make up would stay in the JVM's table of strings.
            .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
            .build();
    reader =
        JsonMapper.builder(factory)
            .enable(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build()
            .reader();
  }

  /**
   * The object that a body is.
   *
   * @throws ProblemException with {@link ProblemCode#BAD_JSON}
   */
  ObjectNode object(byte[] body) {
    try {
      String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(body)).toString();
      JsonNode json = reader.readTree(text);
      if (json instanceof ObjectNode object) {
        return object;
      }
      throw new ProblemException(ProblemCode.BAD_JSON, "the body must be a JSON object");
    } catch (CharacterCodingException e) {
      throw new ProblemException(ProblemCode.BAD_JSON, "the body is not UTF-8");
    } catch (StreamConstraintsException e) {
      throw new ProblemException(
          ProblemCode.BAD_JSON,
          "the body is beyond a limit: %d levels, %d characters of a name, %d of a number, %d values and names"
              .formatted(DEPTH, NAME, NUMBER, TOKENS));
    } catch (JsonParseException e) {
      throw new ProblemException(
          ProblemCode.BAD_JSON,
          e.getLocation() == null
              ? "the body is no valid JSON"
              : "the body is no valid JSON: line %d, column %d"
                  .formatted(e.getLocation().getLineNr(), e.getLocation().getColumnNr()));
    } catch (JsonProcessingException e) {
      throw new ProblemException(
          ProblemCode.BAD_JSON, "the body has a name twice, or goes on after its object");
    }
  }

  /**
   * The record that an object stands for, as {@link AvroJson} reads it.
   *
   * @throws ProblemException with {@link ProblemCode#BAD_FIELD}, naming the field
   */
  static <T extends SpecificRecord> T record(ObjectNode object, Class<T> type) {
    try {
      return AvroJson.read(object, type);
    } catch (AvroJson.InvalidRecord e) {
      throw new ProblemException(ProblemCode.BAD_FIELD, e.getMessage());
    }
  }
}
