package dev.attune.schemas.registry;

import com.fasterxml.jackson.databind.JsonNode;
import dev.attune.schemas.registry.RegistryException.Kind;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import java.util.function.BiFunction;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.NameValidator;
import org.apache.avro.Schema;

/** Turns a registry's JSON into a schema, with the schemas that it refers to. */
final class SchemaReader {
  /** Gets a subject's version as the registry has it. */
  private final BiFunction<String, Integer, JsonNode> versions;

  SchemaReader(BiFunction<String, Integer, JsonNode> versions) {
    this.versions = versions;
  }

  /**
   * Reads a schema.
   *
   * @param json has {@code schema} and optionally {@code schemaType}, {@code references}, {@code
   *     ruleSet}
   * @param what names the schema in errors
   * @throws RegistryException of kind UNUSABLE_SCHEMA
   */
  Schema read(JsonNode json, String what) {
    // What has been written may be odd by today's rules and must still be read.
    Schema.Parser parser =
        new Schema.Parser(NameValidator.NO_VALIDATION).setValidateDefaults(false);
    return read(json, what, parser, new HashSet<>());
  }

  private Schema read(JsonNode json, String what, Schema.Parser parser, Set<String> seen) {
    String type = json.path("schemaType").asText("AVRO");
    if (!type.equals("AVRO")) {
      throw unusable(what + " is of type " + type + "; only AVRO can be read");
    }
    requireNoRules(json.path("ruleSet"), what);
    for (JsonNode reference : json.path("references")) {
      String subject = reference.path("subject").asText();
      int version = reference.path("version").asInt();
      if (seen.add(subject + "/" + version)) {
        JsonNode referenced = versions.apply(subject, version);
        read(referenced, subject + " version " + version, parser, seen);
      }
    }
    try {
      return parser.parse(json.path("schema").asText());
    } catch (AvroRuntimeException | NullPointerException e) {
      // The latter is what Avro throws for a name that nothing defines.
      throw new RegistryException(Kind.UNUSABLE_SCHEMA, 0, what + " is not a valid Avro schema", e);
    }
  }

  /** Encrypted or transformed fields would be taken for values. */
  private static void requireNoRules(JsonNode ruleSet, String what) {
    for (String group : new String[] {"domainRules", "encodingRules"}) {
      for (JsonNode rule : ruleSet.path(group)) {
        String type = rule.path("type").asText().toUpperCase(Locale.ROOT);
        boolean transforms = rule.path("kind").asText().equalsIgnoreCase("TRANSFORM");
        if (!rule.path("disabled").asBoolean() && (transforms || type.startsWith("ENCRYPT"))) {
          throw unusable(
              what
                  + " has the rule "
                  + rule.path("name").asText()
                  + " of type "
                  + type
                  + "; encryption and transformation rules are not supported");
        }
      }
    }
  }

  private static RegistryException unusable(String message) {
    return new RegistryException(Kind.UNUSABLE_SCHEMA, message);
  }
}
