package dev.attune.embedded;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A subject's version, as the topic {@code _schemas} and the REST API show it.
 *
 * @param schema Avro's JSON, in its parsed form
 * @param references schemas that this one names but does not define
 * @param ruleSet kept as it came; null where there is none
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
@JsonIgnoreProperties(ignoreUnknown = true)
record StoredSchema(
    String subject,
    int version,
    int id,
    String schema,
    List<Reference> references,
    @Nullable JsonNode ruleSet) {

  StoredSchema {
    references = references == null ? List.of() : List.copyOf(references);
  }

  /** A named type that another subject's version defines. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  record Reference(String name, String subject, int version) {}

  /** What makes two schemas one, with one id. */
  Content content() {
    return new Content(schema, references, ruleSet);
  }

  record Content(String schema, List<Reference> references, @Nullable JsonNode ruleSet) {}
}
