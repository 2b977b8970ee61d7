package dev.attune.schemas.json;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.attune.schemas.serde.AvroSerializer;
import java.nio.ByteBuffer;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.Schema;
import org.apache.avro.specific.SpecificData;
import org.apache.avro.specific.SpecificRecord;
import org.jspecify.annotations.Nullable;

/**
 * Records as people write them in JSON: fields that have a default may be left out, an optional
 * value stands for itself, times are ISO-8601 (or milliseconds), and the one of several records is
 * named by its type: {@code "signal": {"Choice": {"chosenId": "a"}}}. A field that the record does
 * not have is an error, for it mostly is a slip of the pen. So is what Avro could not write as it
 * stands: half of a surrogate pair, a number that is not finite, a time beyond the range of
 * milliseconds. Recursion is as deep as the schema, however deep the JSON is.
 */
public final class AvroJson {
  private static final int LONGEST_NAME = 64;

  /** Controls, formatting characters and halves of surrogate pairs. */
  private static final Pattern UNPRINTABLE = Pattern.compile("\\p{C}");

  static {
    // The serdes tell Avro that the generated records may be made.
    new AvroSerializer<SpecificRecord>().close();
  }

  private AvroJson() {}

  /** What is wrong, and where in the record; never a value. */
  public static final class InvalidRecord extends Exception {
    private static final long serialVersionUID = 1L;

    InvalidRecord(String path, String problem) {
      super(path.isEmpty() ? problem : path + " " + problem);
    }
  }

  /**
   * Makes a record of its JSON.
   *
   * @throws InvalidRecord naming the field at fault by its path
   */
  public static <T extends SpecificRecord> T read(JsonNode json, Class<T> type)
      throws InvalidRecord {
    return type.cast(value(json, SpecificData.get().getSchema(type), ""));
  }

  /** The JSON of a record, in the form that {@link #read} takes. */
  public static JsonNode write(SpecificRecord record) {
    return node(record, record.getSchema());
  }

  private static @Nullable Object value(JsonNode json, Schema schema, String path)
      throws InvalidRecord {
    return switch (schema.getType()) {
      case RECORD -> record(json, schema, path);
      case UNION -> union(json, schema, path);
      case ARRAY -> array(json, schema, path);
      case MAP -> map(json, schema, path);
      case STRING -> {
        require(json.isTextual(), path, "must be a string");
        yield text(json.textValue(), path);
      }
      case BOOLEAN -> {
        require(json.isBoolean(), path, "must be true or false");
        yield json.booleanValue();
      }
      case INT -> {
        require(json.isInt(), path, "must be a whole number");
        yield json.intValue();
      }
      case LONG -> schema.getLogicalType() == null ? integer(json, path) : instant(json, path);
      case DOUBLE -> {
        require(json.isNumber() && Double.isFinite(json.doubleValue()), path, "must be a number");
        yield json.doubleValue();
      }
      case FLOAT -> {
        require(json.isNumber() && Float.isFinite(json.floatValue()), path, "must be a number");
        yield json.floatValue();
      }
      case BYTES -> bytes(json, path);
      case ENUM -> {
        require(
            json.isTextual() && schema.hasEnumSymbol(json.textValue()),
            path,
            "must be one of " + schema.getEnumSymbols());
        yield SpecificData.get().createEnum(json.textValue(), schema);
      }
      case NULL -> {
        require(json.isNull(), path, "must be null");
        yield null;
      }
      case FIXED -> throw new InvalidRecord(path, "has a type that JSON is not read for");
    };
  }

  private static Object record(JsonNode json, Schema schema, String path) throws InvalidRecord {
    require(json.isObject(), path, "must be an object (" + schema.getName() + ")");
    for (Map.Entry<String, JsonNode> given : json.properties()) {
      require(
          schema.getField(given.getKey()) != null,
          join(path, shown(given.getKey())),
          "is no field of " + schema.getName());
    }
    SpecificRecord record = (SpecificRecord) SpecificData.get().newRecord(null, schema);
    for (Schema.Field field : schema.getFields()) {
      String at = join(path, field.name());
      JsonNode given = json.get(field.name());
      if (given != null) {
        record.put(field.pos(), value(given, field.schema(), at));
      } else {
        record.put(field.pos(), defaultValue(field, at));
      }
    }
    return record;
  }

  private static @Nullable Object defaultValue(Schema.Field field, String path)
      throws InvalidRecord {
    try {
      return SpecificData.get().deepCopy(field.schema(), SpecificData.get().getDefaultValue(field));
    } catch (AvroRuntimeException e) {
      throw new InvalidRecord(path, "is missing");
    }
  }

  private static @Nullable Object union(JsonNode json, Schema schema, String path)
      throws InvalidRecord {
    if (json.isNull() && schema.isNullable()) {
      return null;
    }
    List<Schema> branches =
        schema.getTypes().stream().filter(type -> type.getType() != Schema.Type.NULL).toList();
    if (branches.size() == 1) {
      return value(json, branches.get(0), path);
    }
    List<String> names = branches.stream().map(Schema::getName).toList();
    require(
        json.isObject() && json.size() == 1 && names.contains(json.fieldNames().next()),
        path,
        "must be an object with one field, one of " + names);
    String name = json.fieldNames().next();
    return value(json.get(name), branches.get(names.indexOf(name)), join(path, name));
  }

  private static List<@Nullable Object> array(JsonNode json, Schema schema, String path)
      throws InvalidRecord {
    require(json.isArray(), path, "must be an array");
    List<@Nullable Object> values = new ArrayList<>(json.size());
    for (JsonNode element : json) {
      values.add(value(element, schema.getElementType(), path + "[" + values.size() + "]"));
    }
    return values;
  }

  private static Map<String, @Nullable Object> map(JsonNode json, Schema schema, String path)
      throws InvalidRecord {
    require(json.isObject(), path, "must be an object");
    Map<String, @Nullable Object> values = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> entry : json.properties()) {
      String at = join(path, shown(entry.getKey()));
      values.put(text(entry.getKey(), at), value(entry.getValue(), schema.getValueType(), at));
    }
    return values;
  }

  private static long integer(JsonNode json, String path) throws InvalidRecord {
    require(json.isIntegralNumber() && json.canConvertToLong(), path, "must be a whole number");
    return json.longValue();
  }

  private static Instant instant(JsonNode json, String path) throws InvalidRecord {
    if (json.isIntegralNumber() && json.canConvertToLong()) {
      return Instant.ofEpochMilli(json.longValue());
    }
    try {
      require(json.isTextual(), path, "must be a time");
      return Instant.ofEpochMilli(Instant.parse(json.textValue()).toEpochMilli());
    } catch (DateTimeException | ArithmeticException e) {
      throw new InvalidRecord(
          path, "must be a time as 2026-01-31T12:00:00Z, or milliseconds since 1970");
    }
  }

  private static ByteBuffer bytes(JsonNode json, String path) throws InvalidRecord {
    try {
      require(json.isTextual(), path, "must be a string of hexadecimal digits");
      return ByteBuffer.wrap(HexFormat.of().parseHex(json.textValue()));
    } catch (IllegalArgumentException e) {
      throw new InvalidRecord(path, "must be a string of hexadecimal digits");
    }
  }

  /** UTF-8 has no half of a surrogate pair: Avro would write a question mark instead. */
  private static String text(String text, String path) throws InvalidRecord {
    for (int i = 0; i < text.length(); i++) {
      char unit = text.charAt(i);
      if (Character.isSurrogate(unit)) {
        boolean pair =
            Character.isHighSurrogate(unit)
                && i + 1 < text.length()
                && Character.isLowSurrogate(text.charAt(i + 1));
        require(pair, path, "has half of a surrogate pair");
        i++;
      }
    }
    return text;
  }

  private static JsonNode node(@Nullable Object value, Schema schema) {
    JsonNodeFactory nodes = JsonNodeFactory.instance;
    if (value == null) {
      return nodes.nullNode();
    }
    if (value instanceof SpecificRecord record) {
      ObjectNode fields = nodes.objectNode();
      for (Schema.Field field : record.getSchema().getFields()) {
        fields.set(field.name(), node(record.get(field.pos()), field.schema()));
      }
      boolean named =
          schema.getType() == Schema.Type.UNION
              && schema.getTypes().stream().filter(s -> s.getType() == Schema.Type.RECORD).count()
                  > 1;
      return named ? nodes.objectNode().set(record.getSchema().getName(), fields) : fields;
    }
    if (value instanceof List<?> list) {
      Schema elements = branch(schema, Schema.Type.ARRAY).getElementType();
      ArrayNode values = nodes.arrayNode(list.size());
      for (Object element : list) {
        values.add(node(element, elements));
      }
      return values;
    }
    if (value instanceof Map<?, ?> map) {
      Schema values = branch(schema, Schema.Type.MAP).getValueType();
      Map<String, JsonNode> sorted = new TreeMap<>();
      map.forEach((key, each) -> sorted.put(String.valueOf(key), node(each, values)));
      return nodes.objectNode().setAll(sorted);
    }
    if (value instanceof ByteBuffer bytes) {
      byte[] copy = new byte[bytes.remaining()];
      bytes.duplicate().get(copy);
      return nodes.textNode(HexFormat.of().formatHex(copy));
    }
    if (value instanceof Boolean bool) {
      return nodes.booleanNode(bool);
    }
    if (value instanceof Integer number) {
      return nodes.numberNode(number.intValue());
    }
    if (value instanceof Long number) {
      return nodes.numberNode(number.longValue());
    }
    if (value instanceof Float number) {
      return nodes.numberNode(number.floatValue());
    }
    if (value instanceof Double number) {
      return nodes.numberNode(number.doubleValue());
    }
    return nodes.textNode(value.toString());
  }

  private static Schema branch(Schema schema, Schema.Type type) {
    return schema.getType() == type
        ? schema
        : schema.getTypes().stream().filter(s -> s.getType() == type).findFirst().orElseThrow();
  }

  private static String join(String path, String field) {
    return path.isEmpty() ? field : path + "." + field;
  }

  /** A name that came with the JSON, as an error may repeat it: short, and fit to be shown. */
  private static String shown(String name) {
    String cut = name.length() <= LONGEST_NAME ? name : name.substring(0, LONGEST_NAME) + "...";
    return UNPRINTABLE.matcher(cut).replaceAll("\uFFFD");
  }

  private static void require(boolean met, String path, String problem) throws InvalidRecord {
    if (!met) {
      throw new InvalidRecord(path, problem);
    }
  }
}
